import { sql } from 'kysely';
import type { Log } from '../tlog/log.ts';
import type { Reader } from './database/database.ts';
import type { PendingRow } from './database/tables.ts';

const pageSize = 1_000;

/**
 * All entries of a ledger in order, as bytes: those in the log's files, and then those that are committed and wait for it.
 * `reader`: best a transaction that sees one state.
 */
export async function* allEntries(log: Log, reader: Reader): AsyncGenerator<Uint8Array> {
  yield* log.entries(0, log.size);
  yield* pendingEntries(reader, log.size);
}

/** The entries that wait for the log's files, from an index on. */
export async function* pendingEntries(reader: Reader, from: number): AsyncGenerator<Uint8Array> {
  for (let at = from; ; ) {
    const { rows } = await sql<PendingRow>`SELECT id, bytes FROM pending WHERE id >= ${at}
      ORDER BY id LIMIT ${pageSize}`.execute(reader);
    for (const { bytes } of rows) yield bytes;
    const last = rows.at(-1);
    if (last === undefined) return;
    at = last.id + 1;
  }
}
