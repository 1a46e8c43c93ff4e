import { sql, type Transaction } from 'kysely';
import { CodedError } from '../model/errors.ts';
import type { Digest } from '../model/inventory.ts';
import { applyAll } from './apply/apply.ts';
import type { WrittenKnowledge } from './apply/context.ts';
import type { Database, Reader } from './database/database.ts';
import type { LedgerRow, Tables } from './database/tables.ts';
import type { KnowledgeDocument } from './document-shapes.ts';
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
  /** Documents of a pass that were just put, so that they need not be read back. */
  readonly written?: WrittenKnowledge;
}

/** The ledger's row, which nobody else can change before this transaction ends. */
export async function lockedState({ kind, place }: Database, tx: Transaction<Tables>): Promise<LedgerRow> {
  const forUpdate = kind === 'postgres' ? sql`FOR UPDATE` : sql``;
  const { rows } = await sql<LedgerRow>`SELECT * FROM ledger WHERE one = 1 ${forUpdate}`.execute(tx);
  if (rows[0] === undefined) throw new CodedError('ledger-unreadable', `${place} holds no ledger`);
  return rows[0];
}

/**
 * Decides on requests of several callers at once. For each, in order, either its facts or what it is refused with: a refused one
 * leaves nothing. The entries of the first begin at the moment's index, those of the next follow.
 */
export interface Author<Request> {
  decide(moment: Moment, requests: readonly Request[]): Promise<readonly PromiseSettledResult<readonly Authored[]>[]>;
}

/** What one caller wants to have written. */
export interface Asked {
  readonly author: Author<unknown>;
  readonly request: unknown;
}

type AppendParts = Pick<LedgerParts, 'database' | 'documents' | 'tool' | 'clock'>;

/**
 * Writes what callers ask for, in their order: each is decided upon what those before it left. `state`: of `lockedState`. A
 * document that was redacted before and put again is taken out again. What it throws, it throws for all: the transaction must be
 * rolled back.
 */
export async function appendAsked(
  tx: Transaction<Tables>,
  { database, documents, tool, clock }: AppendParts,
  state: LedgerRow,
  asked: readonly Asked[],
): Promise<PromiseSettledResult<Appended>[]> {
  const now = clock().getTime();
  // A clock that was set back must not put what we learn now before what we knew already.
  const recorded = Math.max(now, state.last_recorded);
  const clockBehindMs = recorded - now;
  const when = {
    v: 1 as const,
    recorded: new Date(recorded).toISOString(),
    ...(clockBehindMs > 0 && { clock: new Date(now).toISOString() }),
  };
  const results: PromiseSettledResult<Appended>[] = [];
  let size = state.size;
  while (results.length < asked.length) {
    const [author, requests] = nextTogether(asked, results.length);
    const decided = await author.decide({ tx, recorded, index: size }, requests);
    const entries: Entry[] = [];
    const written = new Map<Digest, KnowledgeDocument>();
    for (const one of decided) {
      if (one.status === 'rejected') {
        results.push(one);
        continue;
      }
      const value = { first: size + entries.length, count: one.value.length, recorded, clockBehindMs };
      results.push({ status: 'fulfilled', value });
      for (const { actor, fact, written: own } of one.value) {
        entries.push({ ...when, actor, tool, ...fact });
        for (const [digest, document] of own ?? []) written.set(digest, document);
      }
    }
    if (entries.length === 0) continue;
    await removeRedacted({ reader: tx, database, documents }, entries.flatMap(documentsOf));
    const first = size;
    await applyAll({ tx, database, documents, written }, first, entries, (rows) => {
      for (const [at, entry] of entries.entries()) rows.add('pending', { id: first + at, bytes: encodeEntry(entry) });
    });
    size += entries.length;
  }
  if (size > state.size) await sql`UPDATE ledger SET size = ${size}, last_recorded = ${recorded}`.execute(tx);
  return results;
}

/** The requests from a place on that one author decides on. */
function nextTogether(asked: readonly Asked[], from: number): [Author<unknown>, unknown[]] {
  const author = asked[from]?.author;
  if (author === undefined) throw new TypeError('nobody asked');
  const rest = asked.slice(from);
  const other = rest.findIndex((a) => a.author !== author);
  return [author, (other === -1 ? rest : rest.slice(0, other)).map((a) => a.request)];
}

/** Writes facts, what they leave in the tables, and their entries, in a transaction of the caller. */
export async function appendIn(
  tx: Transaction<Tables>,
  parts: AppendParts,
  build: (moment: Moment) => Promise<readonly Authored[]>,
): Promise<Appended> {
  const author: Author<unknown> = {
    decide: async (moment) => [{ status: 'fulfilled', value: await build(moment) }],
  };
  const state = await lockedState(parts.database, tx);
  const [result] = await appendAsked(tx, parts, state, [{ author, request: null }]);
  if (result?.status !== 'fulfilled') throw new TypeError('an append without its result');
  return result.value;
}
