import { sql, type Transaction } from 'kysely';
import { CodedError } from '../model/errors.ts';
import { applyAll } from './apply/apply.ts';
import type { Database, Reader } from './database/database.ts';
import type { LedgerRow, Tables } from './database/tables.ts';
import { encodeEntry } from './encode-entry.ts';
import { documentsOf, type Entry, type Fact } from './fact.ts';
import type { Instant } from './instant.ts';
import type { LedgerParts } from './parts.ts';
import { removeRedacted } from './redacted-again.ts';

/** What `append` leaves. */
export interface Appended {
  /** Index of the first entry, and how many there are. */
  readonly first: number;
  readonly count: number;
  /** `recorded` of all of them. */
  readonly recorded: Instant;
  /** Set where the clock stood before the last entry's time: by how many milliseconds. */
  readonly clockBehindMs: number;
}

/** What a fact is decided upon: the ledger as it is while nobody else can write. */
export interface Moment {
  readonly tx: Reader;
  /** The `recorded` that the entries will have. */
  readonly recorded: Instant;
  /** Index of the first entry. */
  readonly index: number;
}

/** A fact and the role or pseudonym of whoever caused it. */
export interface Authored {
  readonly actor: string;
  readonly fact: Fact;
}

/** The ledger's row, which nobody else can change before this transaction ends. */
export async function lockedState({ kind, place }: Database, tx: Transaction<Tables>): Promise<LedgerRow> {
  const forUpdate = kind === 'postgres' ? sql`FOR UPDATE` : sql``;
  const { rows } = await sql<LedgerRow>`SELECT * FROM ledger WHERE one = 1 ${forUpdate}`.execute(tx);
  if (rows[0] === undefined) throw new CodedError('ledger-unreadable', `${place} holds no ledger`);
  return rows[0];
}

/**
 * Writes facts, what they leave in the tables, and their entries, in a transaction of the caller. A document that was redacted
 * before and put again is taken out again.
 */
export async function appendIn(
  tx: Transaction<Tables>,
  { database, documents, tool, clock }: Pick<LedgerParts, 'database' | 'documents' | 'tool' | 'clock'>,
  build: (moment: Moment) => Promise<readonly Authored[]>,
): Promise<Appended> {
  const state = await lockedState(database, tx);
  const now = clock().getTime();
  // A clock that was set back must not put what we learn now before what we knew already.
  const recorded = Math.max(now, state.last_recorded);
  const clockBehindMs = recorded - now;
  const authored = await build({ tx, recorded, index: state.size });
  const when = {
    v: 1 as const,
    recorded: new Date(recorded).toISOString(),
    ...(clockBehindMs > 0 && { clock: new Date(now).toISOString() }),
  };
  const entries = authored.map(({ actor, fact }): Entry => ({ ...when, actor, tool, ...fact }));
  const appended = { first: state.size, count: entries.length, recorded, clockBehindMs };
  if (entries.length === 0) return appended;
  const named = authored.flatMap(({ fact }) => documentsOf(fact));
  await removeRedacted({ reader: tx, database, documents }, named);
  await applyAll({ tx, database, documents }, state.size, entries, (rows) => {
    for (const [at, entry] of entries.entries()) {
      rows.add('pending', { id: state.size + at, bytes: encodeEntry(entry) });
    }
  });
  const size = state.size + entries.length;
  await sql`UPDATE ledger SET size = ${size}, last_recorded = ${recorded}`.execute(tx);
  return appended;
}
