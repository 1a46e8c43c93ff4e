import type { ChangeKind, KvittoEvent, NamedVulnerability } from '../../model/event.ts';
import { parsePurl } from '../../model/purl.ts';
import { type EncodingContext, toolVersion } from './context.ts';
import { ownFields } from './own-fields.ts';
import { type Holed, type JsonObject, pruned } from './pruned.ts';
import { cvssVersion, vulnerabilityReference } from './vulnerability-reference.ts';
import { type Weight, weightOf } from './weight.ts';

type Holes = { readonly [key: string]: Holed };

/** Of ECS 8: https://www.elastic.co/guide/en/ecs/current/ecs-field-reference.html */
const ecsVersion = '8.11.0';

/** `log.level`, and `event.severity` on the scale of 0 to 100 that Elastic's own rules use. */
const levels: Readonly<Record<Weight, { readonly level: string; readonly severity: number }>> = {
  critical: { level: 'critical', severity: 99 },
  high: { level: 'error', severity: 73 },
  medium: { level: 'warning', severity: 47 },
  unknown: { level: 'warning', severity: 47 },
  low: { level: 'notice', severity: 21 },
  info: { level: 'info', severity: 0 },
};

interface Kind {
  readonly kind: 'event' | 'alert';
  readonly category?: string;
  readonly type: string;
  readonly action: string;
  readonly outcome?: 'success' | 'failure' | 'unknown';
}

const aboutProcesses: ReadonlySet<ChangeKind> = new Set(['drift', 'unrecorded-deployment', 'gate-bypassed']);
const aboutKvitto: ReadonlySet<ChangeKind> = new Set(['feed-failed', 'feed-stale', 'scan-overdue', 'watch-silent']);

/** The four words by which ECS sorts events. Where no category of ECS fits, there is none. */
function kindOf(event: KvittoEvent): Kind {
  const vulnerability = { kind: 'event', category: 'vulnerability', type: 'info' } as const;
  switch (event.type) {
    case 'change': {
      const action = event.state === 'began' ? event.change : `${event.change}-ended`;
      if (aboutProcesses.has(event.change)) return { kind: 'event', category: 'process', type: 'change', action };
      if (aboutKvitto.has(event.change)) return { kind: 'event', type: 'info', action };
      return { ...vulnerability, action };
    }
    case 'alert':
      return { ...vulnerability, kind: 'alert', action: `alert-${event.state}` };
    case 'verdict': {
      const outcome = event.verdict === 'cannot-say' ? 'unknown' : event.verdict === 'pass' ? 'success' : 'failure';
      return { ...vulnerability, action: 'gate-verdict', outcome };
    }
    case 'deployment': {
      const type = { started: 'start', stopped: 'end', corrected: 'change' }[event.action];
      return { kind: 'event', category: 'process', type, action: `deployment-${event.action}` };
    }
    case 'scan':
      return { kind: 'event', category: 'package', type: 'info', action: 'scan' };
    case 'observation':
      return { kind: 'event', category: 'process', type: 'info', action: 'observation' };
    case 'decision':
      return { ...vulnerability, action: 'decision' };
    case 'rescan':
      return { ...vulnerability, action: 'rescan' };
    case 'ledger':
      return { kind: 'event', type: 'info', action: event.action };
  }
}

/**
 * An event in Elastic Common Schema. What ECS has no field for stands under `kvitto`, and nowhere else. Nothing is null. Texts are as long as they
 * are in the event.
 */
export function ecsOf(event: KvittoEvent, context: EncodingContext): JsonObject {
  const { kind, category, type, action, outcome } = kindOf(event);
  const { level, severity } = levels[weightOf(event)];
  const since = event.type === 'change' ? event.since : event.type === 'deployment' ? event.from : null;
  return pruned({
    '@timestamp': event.at,
    message: event.message,
    ecs: { version: ecsVersion },
    event: {
      id: event.id,
      kind,
      category: category === undefined ? null : [category],
      type: [type],
      action,
      outcome,
      severity,
      module: 'kvitto',
      provider: 'kvitto',
      dataset: `kvitto.${event.type}`,
      sequence: event.entry,
      start: since,
      end: event.type === 'deployment' ? event.until : null,
      url: context.link(event),
    },
    log: { level },
    observer: { vendor: 'Kvitto', product: 'Kvitto', type: 'vulnerability-scanner', version: toolVersion(context) },
    service: { name: event.service, environment: event.environment },
    user: { name: event.actor },
    rule: event.type === 'alert' ? { name: event.rule } : null,
    vulnerability: vulnerabilityOf(event),
    package: componentOf(event),
    container: containerOf(event),
    kvitto: ownFields(event),
  });
}

function vulnerabilityOf(event: KvittoEvent): Holes | null {
  if (event.type === 'decision') return named(event.vulnerability);
  if (event.type !== 'change' || event.vulnerability === null) return null;
  const { id, summary, vector } = event.vulnerability;
  const state = event.after ?? event.before;
  const score = { base: state?.score ?? null, version: cvssVersion(vector) };
  const rated = state === null ? null : `${state.severity.slice(0, 1).toUpperCase()}${state.severity.slice(1)}`;
  return {
    ...named(id),
    classification: vector === null ? null : 'CVSS',
    description: summary === '' ? null : summary,
    severity: rated,
    score: score.base === null ? null : score,
  };
}

function named(id: NamedVulnerability['id']): Holes {
  const enumeration = /^([A-Z]{2,12})-/.exec(id)?.[1] ?? null;
  return { id, enumeration, reference: vulnerabilityReference(id), scanner: { vendor: 'Kvitto' } };
}

function componentOf(event: KvittoEvent): Holes | null {
  const purl = event.type === 'change' || event.type === 'decision' ? event.component : null;
  const parts = purl === null ? null : parsePurl(purl);
  if (parts === null) return null;
  const { type, namespace, name, version, qualifiers } = parts;
  const architecture = Object.hasOwn(qualifiers, 'arch') ? qualifiers['arch'] : null;
  return { type, name: namespace === null || type === 'deb' ? name : `${namespace}/${name}`, version, architecture };
}

function containerOf(event: KvittoEvent): Holes | null {
  switch (event.type) {
    case 'scan':
      return { image: { hash: { all: [event.artifact.digest] }, name: event.artifact.name } };
    case 'deployment':
      return { image: { hash: { all: [event.artifact] }, name: event.image } };
    case 'verdict':
    case 'decision':
    case 'change':
      return event.artifact === null ? null : { image: { hash: { all: [event.artifact] } } };
    default:
      return null;
  }
}
