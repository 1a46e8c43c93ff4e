import { CodedError } from '../model/errors.ts';
import { canonicalJson } from '../tlog/canonical-json.ts';
import type { Entry, Fact } from './fact.ts';

/** https://c2sp.org/tlog-tiles: an entry's length is written in two bytes. */
const maxEntryBytes = 65_535;

/** An entry as the bytes that the log holds. */
export function encodeEntry(entry: Entry): Uint8Array {
  const bytes = Buffer.from(canonicalJson({ ...entry }));
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
  return entry as Entry;
}
