import { readFile } from 'node:fs/promises';
import { limits, smallUpdate } from '../../limits.ts';
import type { Fresh } from '../../origin/origin.ts';
import type { FetchContext } from '../feed.ts';
import type { PartState } from '../part.ts';
import { changedSince, parseIndex } from './index-file.ts';

/** What looking up one ecosystem gave. */
export type FetchedOsv =
  | { readonly kind: 'absent' }
  | { readonly kind: 'same' }
  | { readonly kind: 'whole'; readonly zip: Fresh; readonly index: Fresh | null }
  | {
      readonly kind: 'changed';
      /** The records that changed since, each with its id. */
      readonly records: readonly { readonly id: string; readonly document: Fresh }[];
      readonly index: Fresh;
      /** Records that the feed has now. */
      readonly total: number;
    };

const recordsAtOnce = 8;
const dayMs = 24 * 60 * 60 * 1000;

/** Paths of one ecosystem's documents. */
export function osvPaths(ecosystem: string) {
  return { zip: `osv/${ecosystem}/all.zip`, index: `osv/${ecosystem}/modified_id.csv` };
}

async function fetchRecords(ecosystem: string, ids: readonly string[], { origin, signal }: FetchContext) {
  const records: { id: string; document: Fresh }[] = [];
  const queue = ids.values();
  let missing = false;
  const worker = async () => {
    for (const id of queue) {
      if (missing) return;
      const got = await origin.get(`osv/${ecosystem}/${id}.json`, { maxBytes: limits.osvRecordBytes, signal });
      if (got.kind === 'fresh') records.push({ id, document: got });
      else missing = true;
    }
  };
  await Promise.all(Array.from({ length: recordsAtOnce }, worker));
  // What the list names must be there. If it is not, list and records do not belong together, and the zip has to tell.
  return missing ? null : records.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The changed records, or null where they are too many or do not add up, so that the zip has to be fetched. */
async function fetchChanged(ecosystem: string, index: Fresh, zip: PartState, before: PartState, context: FetchContext) {
  if (before.newest === null) return null;
  if (context.now.getTime() - Date.parse(zip.fetchedAt) > smallUpdate.wholeAgainAfterDays * dayMs) return null;
  const entries = parseIndex(await readFile(index.file, 'utf8'));
  const ids = changedSince(entries, before.newest);
  if (ids.length > Math.min(smallUpdate.mostRecords, entries.length * smallUpdate.mostShare)) return null;
  // Records that vanished are in no list of changes; more or fewer records than changes explain are a case for the zip.
  const added = entries.length - before.records;
  if (added < 0 || added > ids.length) return null;
  const records = await fetchRecords(ecosystem, ids, context);
  return records === null ? null : { kind: 'changed' as const, records, index, total: entries.length };
}

/**
 * Looks one ecosystem up: unchanged, a few changed records (where the store holds the ecosystem, the origin has
 * `modified_id.csv`, and it names few changes since), or the whole zip. Layout:
 * https://google.github.io/osv.dev/data/#data-dumps. Throws what `Origin.get` throws.
 */
export async function fetchOsv(ecosystem: string, context: FetchContext): Promise<FetchedOsv> {
  const { origin, known, signal } = context;
  const paths = osvPaths(ecosystem);
  const zipBefore = known.get(paths.zip);
  const indexBefore = known.get(paths.index);
  let index: Fresh | null = null;
  if (origin.kind !== 'folder') {
    const got = await origin.get(paths.index, { known: indexBefore, maxBytes: limits.osvIndexBytes, signal });
    if (got.kind === 'same' && zipBefore !== undefined) return { kind: 'same' };
    if (got.kind === 'fresh') index = got;
    if (index !== null && zipBefore !== undefined && indexBefore !== undefined && indexBefore.url === index.url) {
      const changed = await fetchChanged(ecosystem, index, zipBefore, indexBefore, context);
      if (changed !== null) return changed;
    }
  }
  // The list was read before the zip, so the zip holds at least what the list names.
  const zip = await origin.get(paths.zip, { known: zipBefore, maxBytes: limits.osvZipBytes, signal });
  if (zip.kind === 'absent') return { kind: 'absent' };
  return zip.kind === 'fresh' ? { kind: 'whole', zip, index } : { kind: 'same' };
}
