import type { Transaction } from 'kysely';
import type { Digest } from '../../model/inventory.ts';
import type { Database } from '../database/database.ts';
import type { Tables } from '../database/tables.ts';
import type { KnowledgeDocument } from '../document-shapes.ts';
import type { Documents } from '../documents.ts';
import type { Numbers } from './interned.ts';
import type { Periods } from './periods.ts';
import type { Rows } from './rows.ts';

/** Documents of passes that this process has just put, by their digests. */
export type WrittenKnowledge = ReadonlyMap<Digest, KnowledgeDocument>;

/** What a fact is applied with. Nothing else may decide what it leaves in the tables: applied again, it leaves the same. */
export interface ApplyContext {
  readonly tx: Transaction<Tables>;
  readonly database: Database;
  readonly documents: Documents;
  /** Of what is in it, nothing is read. */
  readonly written?: WrittenKnowledge;
  readonly numbers: Numbers;
  readonly rows: Rows;
  readonly periods: Periods;
}

/** The place and time of the entry that is applied. */
export interface At {
  readonly index: number;
  /** `recorded` in milliseconds. */
  readonly recorded: number;
  readonly actor: string;
}
