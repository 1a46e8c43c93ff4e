import { z } from 'zod';
import type { Entry } from '../../ledger/fact.ts';
import { digest, instant, parseShape, readJson } from './values.ts';

const envelope = {
  v: z.literal(1),
  recorded: instant,
  clock: z.exactOptional(instant),
  actor: z.string(),
  tool: z.string(),
};

const index = z.int().min(0);
const count = z.int().min(0);
const text = z.string().nullable();

const entry = z.discriminatedUnion('kind', [
  z.object({ ...envelope, kind: z.literal('ledger-created'), origin: z.string(), key: z.string() }),
  z.object({
    ...envelope,
    kind: z.literal('key-rotated'),
    from: z.string(),
    to: z.string(),
    byOld: z.string(),
    byNew: z.string(),
    text: digest,
  }),
  z.object({
    ...envelope,
    kind: z.literal('artifact-recorded'),
    artifact: z.object({
      digest,
      digestOf: z.enum(['manifest', 'config', 'inventory', 'document']),
      kind: z.enum(['image', 'directory', 'sbom']),
      name: z.string(),
      platform: text,
      configDigest: digest.nullable(),
    }),
    inventory: digest,
    sbom: digest,
    components: count,
    problems: count,
  }),
  z.object({
    ...envelope,
    kind: z.literal('verdict-given'),
    artifact: digest,
    verdict: z.enum(['pass', 'fail', 'cannot-say']),
    policy: digest.nullable().default(null),
    snapshot: digest.nullable().default(null),
    report: digest,
    findings: count,
    exceptions: count,
    run: text.default(null),
  }),
  z.object({ ...envelope, kind: z.literal('snapshot-learned'), snapshot: digest, feeds: digest }),
  z.object({
    ...envelope,
    kind: z.literal('rescanned'),
    snapshot: digest,
    scope: z.union([z.literal('all'), digest]),
    components: count,
    opened: count,
    closed: count,
    problems: count,
    documents: z.array(digest).default([]),
    part: z.literal('more').nullable().default(null),
  }),
  z.object({
    ...envelope,
    kind: z.literal('deployment-started'),
    service: z.string(),
    environment: z.string(),
    artifact: digest,
    image: text.default(null),
    from: instant,
    until: instant.nullable().default(null),
    replaces: z.array(index).default([]),
    change: text.default(null),
    run: text.default(null),
    marks: z.array(z.enum(['unrecorded', 'no-verdict', 'refused', 'cannot-say', 'break-glass', 'late'])).default([]),
    text: digest.nullable().default(null),
  }),
  z.object({
    ...envelope,
    kind: z.literal('deployment-stopped'),
    deployments: z.array(index),
    at: instant,
    ending: z.enum(['known', 'unknown']),
  }),
  z.object({
    ...envelope,
    kind: z.literal('deployment-corrected'),
    deployment: index,
    from: instant,
    until: instant.nullable().default(null),
    text: digest,
  }),
  z.object({
    ...envelope,
    kind: z.literal('observed'),
    environment: z.string(),
    at: instant,
    covers: instant,
    source: z.enum(['docker', 'podman']),
    observation: digest,
    containers: count,
    drift: count,
  }),
  z.object({
    ...envelope,
    kind: z.literal('decisions-made'),
    decisions: digest,
    texts: digest.nullable().default(null),
    count,
    source: z.enum(['command', 'openvex', 'cyclonedx', 'csaf']),
  }),
  z.object({ ...envelope, kind: z.literal('decisions-expired'), decisions: z.array(index) }),
  z.object({ ...envelope, kind: z.literal('redacted'), document: digest, text: digest }),
  z.object({
    ...envelope,
    kind: z.literal('checkpoint-stamped'),
    size: count,
    root: z.string(),
    by: z.enum(['cosignature', 'rfc3161']),
    evidence: digest,
  }),
  z.object({
    ...envelope,
    kind: z.literal('repaired'),
    found: z.enum(['log-ahead', 'log-behind']),
    report: digest,
  }),
  z.object({ ...envelope, kind: z.literal('conditions-changed'), conditions: digest, began: count, ended: count }),
  z.object({ ...envelope, kind: z.literal('alerts-raised'), alerts: z.array(digest) }),
  z.object({ ...envelope, kind: z.literal('alert-acknowledged'), alert: index, text: digest.nullable().default(null) }),
  z.object({ ...envelope, kind: z.literal('alert-escalated'), alert: index, send: z.array(z.string()) }),
  z.object({ ...envelope, kind: z.literal('alerts-resolved'), alerts: z.array(index) }),
]);

/** An entry of the log with its place in it and its exact bytes. */
export interface HeldEntry {
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly entry: Entry;
}

/** A deployment that does not say since when it ran began when it was recorded. */
function withBegin(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { kind, recorded } = value as Readonly<Record<string, unknown>>;
  return kind === 'deployment-started' && !Object.hasOwn(value, 'from') ? { ...value, from: recorded } : value;
}

/** What an entry's bytes say, whoever wrote them. What is absent and may be is filled in, as `fact.ts` says. Throws `document-invalid` naming the entry and the field. */
export function readEntry(bytes: Uint8Array, at: number): HeldEntry {
  const place = `entry ${at}`;
  return { index: at, bytes, entry: parseShape<Entry>(entry, withBegin(readJson(bytes, place)), place) };
}
