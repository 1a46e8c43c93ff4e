import type { Signer } from '../tlog/signer.ts';
import type { Database } from './database/database.ts';
import type { Documents } from './documents.ts';
import type { ledgerPaths } from './folder.ts';

/** What an open ledger is made of. */
export interface LedgerParts {
  readonly database: Database;
  readonly documents: Documents;
  readonly paths: ReturnType<typeof ledgerPaths>;
  readonly origin: string;
  /** Verifier keys of the log, oldest first. */
  readonly keys: readonly string[];
  readonly signer: Signer | null;
  readonly clock: () => Date;
  /** Name and version of the program, as entries hold it. */
  readonly tool: string;
  /** Who writes, for the message that others get: `kvitto deploy`. */
  readonly name: string;
  /** How long to wait for another writer, in milliseconds. */
  readonly waitMs: number;
}
