import type { Transaction } from 'kysely';
import { applyAll } from './apply/apply.ts';
import type { Database } from './database/database.ts';
import { migrate } from './database/migrate.ts';
import { openSqlite } from './database/open-database.ts';
import type { Tables } from './database/tables.ts';
import type { Documents } from './documents.ts';
import { decodeEntry } from './encode-entry.ts';
import type { Entry } from './fact.ts';
import type { LedgerParts } from './parts.ts';

export interface ReplayRequest {
  /** All entries of the log from the first on, as bytes. */
  readonly entries: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
  readonly documents: Documents;
  /** A new file for the tables, where they may be larger than the memory; `:memory:` unless given. */
  readonly file?: string;
}

/** Entries that are applied in one transaction. */
const entriesAtOnce = 2_000;

/**
 * Builds the tables from the log alone, in a SQLite database of its own that the caller closes. Its `ledger` row says how many
 * entries there were. Throws `document-invalid` for an entry that Kvitto did not write, naming it, and `document-missing` and
 * `digest-mismatch` for documents.
 */
export async function replay({ entries, documents, file = ':memory:' }: ReplayRequest): Promise<Database> {
  const database = openSqlite(file);
  try {
    await migrate(database, new Date(0));
    await applyEntries({ database, documents }, entries, 0);
    return database;
  } catch (thrown) {
    await database.close();
    throw thrown;
  }
}

/** Runs work in a transaction: one of its own each time, or one that is open. */
export type InTransaction = (work: (tx: Transaction<Tables>) => Promise<void>) => Promise<void>;

/**
 * Applies entries to tables that hold what the `first` entries before them left. Returns how many there are then. Leaves
 * `published_size` as it is, and writes nothing to `pending`: the entries are in the log.
 */
export async function applyEntries(
  { database, documents }: Pick<LedgerParts, 'database' | 'documents'>,
  entries: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  first: number,
  inTransaction: InTransaction = (work) => database.kysely.transaction().execute(work),
): Promise<number> {
  let size = first;
  let waiting: Entry[] = [];
  const write = async () => {
    const batch = waiting;
    waiting = [];
    const last = batch.at(-1);
    if (last === undefined) return;
    await inTransaction(async (tx) => {
      await applyAll({ tx, database, documents }, size, batch);
      const known = { size: size + batch.length, last_recorded: Date.parse(last.recorded) };
      await tx.updateTable('ledger').set(known).execute();
    });
    size += batch.length;
  };
  for await (const bytes of entries) {
    waiting.push(decodeEntry(bytes, size + waiting.length));
    if (waiting.length >= entriesAtOnce) await write();
  }
  await write();
  return size;
}
