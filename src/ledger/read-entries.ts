import { sql } from 'kysely';
import type { Log } from '../tlog/log.ts';
import { among, parts } from './apply/interned.ts';
import type { PendingRow } from './database/tables.ts';
import { decodeEntry } from './encode-entry.ts';
import type { Entry } from './fact.ts';
import type { Ledger } from './ledger.ts';
import type { LedgerParts } from './parts.ts';
import { openLogFiles } from './publish.ts';

/** The log's files as they were opened last. What they hold never changes, and the bundle that was read last stays at hand. */
const openedLogs = new WeakMap<LedgerParts, Log>();

/**
 * Entries by their index: from the log's files, and those that are not yet there from the database. Who reads one after the other
 * pays for opening the log once. Throws what reading the log throws where an entry is missing, and `document-invalid` for one that
 * is none.
 */
export async function readEntries(ledger: Ledger, indexes: Iterable<number>): Promise<Map<number, Entry>> {
  const entries = new Map<number, Entry>();
  const wanted = [...new Set(indexes)].sort((a, b) => a - b);
  const opened = openedLogs.get(ledger.parts);
  const size = opened?.size ?? 0;
  // Pending first: what is published meanwhile is then found in the files.
  for (const part of parts(wanted.filter((index) => index >= size))) {
    const { rows } = await sql<PendingRow>`SELECT id, bytes FROM pending
      WHERE ${among(ledger.database, 'id', part)}`.execute(ledger.reader);
    for (const { id, bytes } of rows) entries.set(id, decodeEntry(bytes, id));
  }
  const rest = wanted.filter((index) => !entries.has(index));
  const last = rest.at(-1);
  if (last === undefined) return entries;
  let log = opened;
  if (log === undefined || last >= log.size) {
    log = await openLogFiles(ledger.parts);
    openedLogs.set(ledger.parts, log);
  }
  for (const index of rest) entries.set(index, decodeEntry(await log.entry(index), index));
  return entries;
}
