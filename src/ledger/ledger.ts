import { AsyncLocalStorage } from 'node:async_hooks';
import { acquireFolderLock } from '../files/lock.ts';
import { CodedError } from '../model/errors.ts';
import {
  type Appended,
  type Asked,
  type Author,
  type Authored,
  appendAsked,
  lockedState,
  type Moment,
} from './append-in.ts';
import { AppendQueue, type Written } from './append-queue.ts';
import type { Database, Reader } from './database/database.ts';
import type { LedgerRow } from './database/tables.ts';
import type { Documents } from './documents.ts';
import type { Fact } from './fact.ts';
import { ledgerFailure } from './failure.ts';
import type { LedgerParts } from './parts.ts';
import { publishPending, stateOf } from './publish.ts';

export type { Appended, Author, Authored, Moment } from './append-in.ts';

/** Set while a transaction's facts are built. */
const building = new AsyncLocalStorage<true>();

/** An open ledger. Made by `openLedger`. */
export class Ledger {
  readonly parts: LedgerParts;
  readonly #queue = new AppendQueue((group) => this.#write(group));
  #appended: Appended | null = null;

  constructor(parts: LedgerParts) {
    this.parts = parts;
  }

  /** What this process recorded last; null for nothing yet. */
  get appended(): Appended | null {
    return this.#appended;
  }

  get documents(): Documents {
    return this.parts.documents;
  }

  get database(): Database {
    return this.parts.database;
  }

  /** For queries. Each sees what is committed. Not for what runs inside `append`: that reads with its moment's `tx`. */
  get reader(): Reader {
    // It would wait for itself on SQLite, and see another state than the one that is built upon on PostgreSQL.
    if (building.getStore() === true) throw new TypeError('inside an append, read with the tx of its moment');
    return this.parts.database.kysely;
  }

  /** How far the log has come. */
  async state(): Promise<LedgerRow> {
    // Through the getter: not inside an append.
    return await stateOf({ ...this.database, kysely: this.reader });
  }

  /**
   * Writes facts: all of them or none. Documents that they name must have been put before. `build` runs while nobody else
   * writes, and may read; what it throws leaves nothing. When this returns, the facts outlive the process and a loss
   * of power; `publish` brings them into the log's files.
   *
   * Calls that come while another writes share the next transaction, in their order, each on what those before it left. Where
   * that fails, each is done again in one of its own: `build` may be called more than once, and the last call counts.
   *
   * Throws `store-busy` naming the other writer, `disk-full`, `limit-exceeded` (an entry larger than the log can hold), and
   * `ledger-unreadable` where the connection to the database was lost: only then is it not known whether the facts were recorded.
   */
  async append(actor: string, build: (moment: Moment) => Promise<readonly Fact[]>): Promise<Appended> {
    return await this.appendAs(async (moment) => (await build(moment)).map((fact) => ({ actor, fact })));
  }

  /** As `append`, with an actor for each fact. */
  async appendAs(build: (moment: Moment) => Promise<readonly Authored[]>): Promise<Appended> {
    const inContext = AsyncLocalStorage.snapshot();
    const decide = async (moment: Moment): Promise<PromiseSettledResult<readonly Authored[]>[]> => {
      try {
        return [{ status: 'fulfilled', value: await inContext(() => building.run(true, () => build(moment))) }];
      } catch (reason) {
        // After anything else, nobody knows in what state the transaction is.
        if (reason instanceof CodedError) return [{ status: 'rejected', reason }];
        throw reason;
      }
    };
    return await this.appendWith({ decide }, null);
  }

  /**
   * As `append`, for requests of which an author decides on many as fast as on one: those of callers who wait, and name the same
   * author one after the other, are decided at once.
   */
  async appendWith<Request>(author: Author<Request>, request: Request): Promise<Appended> {
    // It would wait for itself.
    if (building.getStore() === true) throw new TypeError('an append inside an append');
    const appended = await this.#queue.add({ author, request });
    if (appended.count > 0) this.#appended = appended;
    return appended;
  }

  async #write(group: readonly Asked[]): Promise<Written> {
    const { database } = this.parts;
    let mayDoAgain = false;
    try {
      const results = await this.#writing(database.kind === 'sqlite', () =>
        database.kysely.transaction().execute(async (tx) => {
          const state = await lockedState(database, tx);
          mayDoAgain = true;
          const done = await building.run(true, () => appendAsked(tx, this.parts, state, group));
          const [only] = done;
          if (done.length === 1 && only?.status === 'rejected') throw only.reason;
          // What goes wrong from here on, with the commit under way, may have been recorded.
          mayDoAgain = false;
          return done;
        }),
      );
      return { results };
    } catch (failed) {
      return { failed, mayDoAgain };
    }
  }

  /**
   * Brings all committed entries into the log's files and signs the new state. Returns the signed checkpoint. What a process
   * that was killed left undone is done by the next.
   */
  async publish(): Promise<string> {
    return await this.#writing(true, () => publishPending(this.parts));
  }

  /** Does what `work` does while this process alone writes to the folder. */
  async locked<T>(work: () => Promise<T>): Promise<T> {
    return await this.#writing(true, work);
  }

  async close(): Promise<void> {
    await this.database.close();
  }

  async #writing<T>(holdFolder: boolean, work: () => Promise<T>): Promise<T> {
    const { paths, name, clock, waitMs } = this.parts;
    const options = { what: 'the ledger', name, now: clock(), waitMs };
    const lock = holdFolder ? await acquireFolderLock(paths.folder, options) : null;
    try {
      return await work();
    } catch (thrown) {
      throw await ledgerFailure(this.database, paths.folder, thrown);
    } finally {
      lock?.release();
    }
  }
}
