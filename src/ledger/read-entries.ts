import { sql } from 'kysely';
import { among, parts } from './apply/interned.ts';
import type { PendingRow } from './database/tables.ts';
import { decodeEntry } from './encode-entry.ts';
import type { Entry } from './fact.ts';
import type { Ledger } from './ledger.ts';
import { openLogFiles } from './publish.ts';

/**
 * Entries by their index: from the log's files, and those that are not yet there from the database. Throws what reading the
 * log throws where an entry is missing, and `document-invalid` for one that is none.
 */
export async function readEntries(ledger: Ledger, indexes: Iterable<number>): Promise<Map<number, Entry>> {
  const entries = new Map<number, Entry>();
  const wanted = [...new Set(indexes)].sort((a, b) => a - b);
  if (wanted.length === 0) return entries;
  // Pending first: what is published meanwhile is then found in the files.
  for (const part of parts(wanted)) {
    const { rows } = await sql<PendingRow>`SELECT id, bytes FROM pending
      WHERE ${among(ledger.database, 'id', part)}`.execute(ledger.reader);
    for (const { id, bytes } of rows) entries.set(id, decodeEntry(bytes, id));
  }
  const rest = wanted.filter((index) => !entries.has(index));
  if (rest.length === 0) return entries;
  const log = await openLogFiles(ledger.parts);
  for (const index of rest) entries.set(index, decodeEntry(await log.entry(index), index));
  return entries;
}
