import { sql, type Transaction } from 'kysely';
import { acquireFolderLock } from '../files/lock.ts';
import { CodedError, messageOf } from '../model/errors.ts';
import { apply } from './apply/apply.ts';
import { Numbers } from './apply/interned.ts';
import { Rows } from './apply/rows.ts';
import type { Database, Reader } from './database/database.ts';
import type { LedgerRow, Tables } from './database/tables.ts';
import type { Documents } from './documents.ts';
import { encodeEntry } from './encode-entry.ts';
import type { Entry, Fact } from './fact.ts';
import type { Instant } from './instant.ts';
import type { LedgerParts } from './parts.ts';
import { publishPending } from './publish.ts';

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

/** An open ledger. Made by `openLedger`. */
export class Ledger {
  readonly parts: LedgerParts;

  constructor(parts: LedgerParts) {
    this.parts = parts;
  }

  get documents(): Documents {
    return this.parts.documents;
  }

  get database(): Database {
    return this.parts.database;
  }

  /** For queries. Each sees what is committed. */
  get reader(): Reader {
    return this.parts.database.kysely;
  }

  /** How far the log has come. */
  async state(): Promise<LedgerRow> {
    return await this.reader.selectFrom('ledger').selectAll().executeTakeFirstOrThrow();
  }

  /**
   * Writes facts: all of them or none. Documents that they name must have been put before. `build` runs while nobody else
   * writes, and may read; what it throws ends the transaction. When this returns, the facts outlive the process, the machine's
   * power and the loss of the log's files; `publish` brings them into the log's files.
   *
   * Throws `store-busy` naming the other writer, `disk-full`, `limit-exceeded` (an entry larger than the log can hold).
   */
  async append(actor: string, build: (moment: Moment) => Promise<readonly Fact[]>): Promise<Appended> {
    const lock = this.database.kind === 'sqlite' ? await this.#lock() : null;
    try {
      return await this.database.kysely.transaction().execute((tx) => this.#append(tx, actor, build));
    } catch (thrown) {
      throw this.#failure(thrown);
    } finally {
      lock?.release();
    }
  }

  async #append(
    tx: Transaction<Tables>,
    actor: string,
    build: (moment: Moment) => Promise<readonly Fact[]>,
  ): Promise<Appended> {
    const { database, documents, tool, clock } = this.parts;
    const forUpdate = database.kind === 'postgres' ? sql`FOR UPDATE` : sql``;
    const { rows: states } = await sql<LedgerRow>`SELECT * FROM ledger WHERE one = 1 ${forUpdate}`.execute(tx);
    const state = states[0];
    if (state === undefined) throw new CodedError('ledger-unreadable', `${database.place} holds no ledger`);
    const now = clock().getTime();
    // A clock that was set back must not put what we learn now before what we knew already.
    const recorded = Math.max(now, state.last_recorded);
    const clockBehindMs = recorded - now;
    const facts = await build({ tx, recorded, index: state.size });
    const envelope = {
      v: 1 as const,
      recorded: new Date(recorded).toISOString(),
      ...(clockBehindMs > 0 && { clock: new Date(now).toISOString() }),
      actor,
      tool,
    };
    const rows = new Rows(tx, database);
    const context = { tx, database, documents, numbers: new Numbers(tx, database), rows };
    for (const [at, fact] of facts.entries()) {
      const entry: Entry = { ...envelope, ...fact };
      rows.add('pending', { id: state.size + at, bytes: encodeEntry(entry) });
      await apply(context, state.size + at, entry);
    }
    await rows.flush();
    const size = state.size + facts.length;
    if (facts.length > 0) await tx.updateTable('ledger').set({ size, last_recorded: recorded }).execute();
    return { first: state.size, count: facts.length, recorded, clockBehindMs };
  }

  /**
   * Brings all committed entries into the log's files and signs the new state. Returns the signed checkpoint. What a process
   * that was killed left undone is done by the next.
   */
  async publish(): Promise<string> {
    const lock = await this.#lock();
    try {
      return await publishPending(this.parts);
    } catch (thrown) {
      throw this.#failure(thrown);
    } finally {
      lock.release();
    }
  }

  async close(): Promise<void> {
    await this.database.close();
  }

  async #lock() {
    const { paths, name, clock, waitMs } = this.parts;
    return await acquireFolderLock(paths.folder, { what: 'the ledger', name, now: clock(), waitMs });
  }

  #failure(thrown: unknown): unknown {
    const { place } = this.database;
    const code = thrown instanceof Error && 'errcode' in thrown ? Number(thrown.errcode) & 0xff : 0;
    const { full, busy, damaged } = { full: 13, busy: 5, damaged: [11, 26] };
    // 53100: disk_full of PostgreSQL.
    if (code === full || (thrown instanceof Error && 'code' in thrown && thrown.code === '53100')) {
      return new CodedError('disk-full', `writing ${place} failed: ${messageOf(thrown)}; nothing was recorded`, {
        remedy: 'free some space there and do it again',
        cause: thrown,
      });
    }
    if (code === busy) {
      return new CodedError('store-busy', `${place} is being written by another process`, {
        remedy: 'wait until it is done, or end that process',
        cause: thrown,
      });
    }
    if (damaged.includes(code)) {
      return new CodedError('ledger-unreadable', `${place} is damaged: ${messageOf(thrown)}`, {
        remedy: 'restore it from a backup; kvitto repair then brings back what the log holds beyond it',
        cause: thrown,
      });
    }
    return thrown;
  }
}
