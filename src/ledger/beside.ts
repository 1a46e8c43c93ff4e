import type { Transaction } from 'kysely';
import type { Tables } from './database/tables.ts';
import { ledgerFailure } from './failure.ts';
import type { Ledger } from './ledger.ts';

/**
 * Changes rows that are no part of what the log says: leases, cursors, dead letters. All of it or nothing, durable once it returns.
 * On SQLite it waits for other writers without holding up this process; on PostgreSQL only who changes the same rows is waited for.
 * Throws what `append` throws.
 */
export async function writeBeside<T>(ledger: Ledger, work: (tx: Transaction<Tables>) => Promise<T>): Promise<T> {
  const { database, parts } = ledger;
  const transaction = () => database.kysely.transaction().execute(work);
  if (database.kind === 'sqlite') return await ledger.locked(transaction);
  try {
    return await transaction();
  } catch (thrown) {
    throw await ledgerFailure(database, parts.paths.folder, thrown);
  }
}
