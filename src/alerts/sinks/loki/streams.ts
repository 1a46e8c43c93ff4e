import type { KvittoEvent } from '../../../model/event.ts';
import { weightOf } from '../../encodings/weight.ts';
import { labelled } from '../../http/labels.ts';

/** Body of Loki's push API. https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs */
export interface Push {
  readonly streams: readonly {
    readonly stream: Readonly<Record<string, string>>;
    /** Nanoseconds since 1970 as text, and a line. */
    readonly values: readonly (readonly [string, string])[];
  }[];
}

/** An event and how it is written. */
export interface Lined {
  readonly event: KvittoEvent;
  readonly line: string;
}

/**
 * Lines as streams: one for each set of labels, whose number does not grow with vulnerabilities. Times in a stream rise strictly, by
 * entry and place within their millisecond, so that the same event has the same time when it comes again. `own`: more labels for all.
 */
export function pushOf(lines: readonly Lined[], own: Readonly<Record<string, string>>): Push {
  const streams = new Map<string, { stream: Record<string, string>; last: bigint; values: [string, string][] }>();
  for (const { event, line } of lines) {
    const { service, environment, type } = event;
    const stream = { ...own, ...labelled({ job: 'kvitto', service, environment, type, level: weightOf(event) }) };
    const key = JSON.stringify(stream);
    const one = streams.get(key) ?? { stream, last: -1n, values: [] };
    const at = timeOf(event);
    one.last = at > one.last ? at : one.last + 1n;
    one.values.push([String(one.last), line]);
    streams.set(key, one);
  }
  return { streams: [...streams.values()].map(({ stream, values }) => ({ stream, values })) };
}

const places = 10_000;
const entries = 100;

/** Entries of one transaction have one time; a millisecond has room for a hundred of them. */
function timeOf({ at, entry, place }: KvittoEvent): bigint {
  const within = (entry % entries) * places + Math.min(place, places - 1);
  return BigInt(Date.parse(at)) * 1_000_000n + BigInt(within);
}
