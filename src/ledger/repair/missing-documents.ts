import type { Digest } from '../../model/inventory.ts';
import type { Log } from '../../tlog/log.ts';
import { decodeEntry } from '../encode-entry.ts';
import { documentsOf, type Entry } from '../fact.ts';
import type { LedgerParts } from '../parts.ts';

/** Documents that entries name and that are neither there nor redacted. */
export interface MissingDocuments {
  /** Sorted. */
  readonly all: readonly Digest[];
  /** Those that the tables are built from, in the order in which entries name them. */
  readonly needed: readonly Digest[];
  /** The entry that names the first of these. */
  readonly firstEntry: number | null;
}

/** The documents without which an entry cannot be applied. */
function neededBy(entry: Entry): readonly Digest[] {
  switch (entry.kind) {
    case 'artifact-recorded':
      return [entry.inventory];
    case 'rescanned':
      return entry.documents;
    case 'decisions-made':
      return [entry.decisions];
    case 'observed':
      return [entry.observation];
    default:
      return [];
  }
}

/** Looks for each document that the log's entries name. */
export async function missingDocuments(
  { documents }: Pick<LedgerParts, 'documents'>,
  log: Log,
): Promise<MissingDocuments> {
  const there = new Set(await documents.list());
  const redacted = new Set<Digest>();
  const missing = new Set<Digest>();
  const needed = new Map<Digest, number>();
  let index = 0;
  for await (const bytes of log.entries(0, log.size)) {
    const entry = decodeEntry(bytes, index);
    if (entry.kind === 'redacted') redacted.add(entry.document);
    for (const digest of documentsOf(entry)) if (!there.has(digest)) missing.add(digest);
    for (const digest of neededBy(entry)) {
      if (!there.has(digest) && !needed.has(digest)) needed.set(digest, index);
    }
    index += 1;
  }
  const all = [...missing].filter((digest) => !redacted.has(digest)).sort();
  const [firstEntry = null] = needed.values();
  return { all, needed: [...needed.keys()], firstEntry };
}
