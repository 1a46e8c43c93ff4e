// Asks a Prometheus how many findings a service had.
import { severityLevels } from '../../src/model/advisory.ts';
import type { Point } from './point.ts';

export interface Asked {
  /** `http://localhost:9090`, with a path where it has one. */
  readonly url: string;
  /** Null: all of them together. */
  readonly service: string | null;
  readonly environment: string | null;
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepS: number;
}

const longestMs = 60_000;

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}

/** A label's value, as PromQL writes it. */
const quoted = (text: string) => JSON.stringify(text);

/**
 * The expressions: several watches beside one ledger tell the same, so the most counts, and services are added up. What was told last within a step
 * counts at its end, so nothing is taken over from before it.
 */
export function expressionsOf({ service, environment, stepS }: Pick<Asked, 'service' | 'environment' | 'stepS'>): {
  findings: string;
  exploited: string;
} {
  const matchers = [
    ...(service === null ? [] : [`service=${quoted(service)}`]),
    ...(environment === null ? [] : [`environment=${quoted(environment)}`]),
  ].join(',');
  // A millisecond less: Prometheus before 3 also counts what was told exactly at the end of the step before.
  const last = (name: string) => `last_over_time(${name}{${matchers}}[${Math.round(stepS * 1000) - 1}ms])`;
  return {
    findings: `sum by (severity) (max by (service, environment, severity) (${last('kvitto_findings')}))`,
    exploited: `sum(max by (service, environment) (${last('kvitto_findings_exploited')}))`,
  };
}

async function range(asked: Asked, query: string): Promise<Series[]> {
  const { url, fromMs, toMs, stepS } = asked;
  const address = new URL(`${url.replace(/\/+$/, '')}/api/v1/query_range`);
  const parameters = { query, start: String(fromMs / 1000), end: String(toMs / 1000), step: String(stepS) };
  address.search = new URLSearchParams(parameters).toString();
  const signal = AbortSignal.timeout(longestMs);
  const answer = await fetch(address, { signal }).catch((thrown: unknown) => {
    throw new Error(`no Prometheus answers at ${address.origin}`, { cause: thrown });
  });
  const text = await answer.text();
  let document: { status?: unknown; error?: unknown; data?: { result?: Series[] } } = {};
  try {
    document = JSON.parse(text);
  } catch {
    throw new Error(`${address.origin} is no Prometheus: it answered ${answer.status} and no JSON`);
  }
  const result = document.data?.result;
  if (document.status !== 'success' || !Array.isArray(result))
    throw new Error(`${address.origin} answered ${answer.status}: ${String(document.error ?? 'without a reason')}`);
  return result;
}

/** What Prometheus knows of the findings from one moment to another, in order; a step without a value is left out. */
export async function pointsFrom(asked: Asked): Promise<Point[]> {
  const { findings, exploited } = expressionsOf(asked);
  const [bySeverity, known] = [await range(asked, findings), await range(asked, exploited)];
  const points = new Map<number, { findings: Record<string, number>; exploited: number }>();
  const at = (seconds: number) => {
    const ms = Math.round(seconds * 1000);
    const point = points.get(ms) ?? { findings: {}, exploited: 0 };
    points.set(ms, point);
    return point;
  };
  for (const { metric, values } of bySeverity)
    for (const [seconds, value] of values) at(seconds).findings[metric['severity'] ?? 'unknown'] = Number(value);
  for (const { values } of known) for (const [seconds, value] of values) at(seconds).exploited = Number(value);
  return [...points]
    .sort(([a], [b]) => a - b)
    .map(([ms, point]) => {
      const count = (level: string) => (Object.hasOwn(point.findings, level) ? (point.findings[level] ?? 0) : 0);
      const all = Object.fromEntries(severityLevels.map((level) => [level, count(level)]));
      return { at: ms, findings: all as Point['findings'], exploited: point.exploited };
    });
}
