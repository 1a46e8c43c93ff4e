import { CodedError } from '../model/errors.ts';
import { canonicalJson } from '../tlog/canonical-json.ts';
import type { Entry, Fact, FactKind } from './fact.ts';

/** https://c2sp.org/tlog-tiles: an entry's length is written in two bytes. */
const maxEntryBytes = 65_535;

/**
 * What is not written, because it says nothing: a field that is absent from an entry has the value that stands here. The bytes of
 * entries are most of what a ledger takes.
 */
const leftOut: { readonly [Kind in FactKind]?: Readonly<Record<string, null | readonly never[]>> } = {
  'verdict-given': { policy: null, snapshot: null, run: null },
  rescanned: { documents: [], part: null },
  'deployment-started': { image: null, until: null, replaces: [], change: null, run: null, marks: [], text: null },
  'deployment-corrected': { until: null },
  'decisions-made': { texts: null },
  'alert-acknowledged': { text: null },
};

/** The fields of an entry that say something. A deployment that began when it was recorded does not say so twice. */
function shortened(entry: Entry): Record<string, unknown> {
  const absent = leftOut[entry.kind] ?? {};
  const short: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(entry)) {
    if (Object.hasOwn(absent, field) && (value === null || (Array.isArray(value) && value.length === 0))) continue;
    if (field === 'from' && entry.kind === 'deployment-started' && value === entry.recorded) continue;
    short[field] = value;
  }
  return short;
}

function lengthened(short: Partial<Entry>): Partial<Entry> {
  const from = short.kind === 'deployment-started' ? { from: short.recorded } : {};
  return { ...leftOut[short.kind ?? 'repaired'], ...from, ...short } as Partial<Entry>;
}

/** An entry as the bytes that the log holds. */
export function encodeEntry(entry: Entry): Uint8Array {
  const bytes = Buffer.from(canonicalJson(shortened(entry) as Parameters<typeof canonicalJson>[0]));
  if (bytes.length <= maxEntryBytes) return bytes;
  throw new CodedError(
    'limit-exceeded',
    `an entry of ${bytes.length} bytes (${entry.kind}) is more than the log can hold`,
    {
      remedy: 'shorten what was given, or do it in several steps',
    },
  );
}

const kinds: ReadonlySet<string> = new Set<Fact['kind']>([
  'ledger-created',
  'key-rotated',
  'artifact-recorded',
  'verdict-given',
  'snapshot-learned',
  'rescanned',
  'deployment-started',
  'deployment-stopped',
  'deployment-corrected',
  'observed',
  'decisions-made',
  'decisions-expired',
  'redacted',
  'checkpoint-stamped',
  'repaired',
  'conditions-changed',
  'alerts-raised',
  'alert-acknowledged',
  'alert-escalated',
  'alerts-resolved',
]);

/** The entry that bytes of the log hold. Throws `document-invalid` for anything that Kvitto did not write. */
export function decodeEntry(bytes: Uint8Array, index: number): Entry {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8');
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {
    // Falls through to the message below.
  }
  const entry = value as Partial<Entry> | null;
  if (typeof entry !== 'object' || entry === null || entry.v !== 1 || !kinds.has(entry.kind ?? '')) {
    throw new CodedError('document-invalid', `entry ${index} is not an entry of a ledger`, {
      remedy: 'it was written by a newer version of Kvitto, or by something else',
    });
  }
  return lengthened(entry) as Entry;
}
