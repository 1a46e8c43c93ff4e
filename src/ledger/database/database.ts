import type { Kysely, Transaction } from 'kysely';
import type { TableName, Tables } from './tables.ts';

/** Where the ledger's tables are. */
export interface Database {
  readonly kind: 'sqlite' | 'postgres';
  /** Without a password: fit to stand in a message. */
  readonly place: string;
  readonly kysely: Kysely<Tables>;
  /** Writes many rows at once, which is what makes a batch of facts cheap. */
  insertRows<T extends TableName>(tx: Transaction<Tables>, table: T, rows: readonly Tables[T][]): Promise<void>;
  close(): Promise<void>;
}

/** What reads may run on: the database, or a transaction in it. */
export type Reader = Kysely<Tables>;
