import type { Kysely, Transaction } from 'kysely';
import type { Tables } from './tables.ts';
import type { RowBatch } from './write-rows.ts';

/** Where the ledger's tables are. */
export interface Database {
  readonly kind: 'sqlite' | 'postgres';
  /** Without a password: fit to stand in a message. */
  readonly place: string;
  readonly kysely: Kysely<Tables>;
  /** Writes many rows of several tables at once, which is what makes a batch of facts cheap. */
  write(tx: Transaction<Tables>, batch: RowBatch): Promise<void>;
  close(): Promise<void>;
}

/** What reads may run on: the database, or a transaction in it. */
export type Reader = Kysely<Tables>;
