import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Appended, Asked } from './append-in.ts';

interface Waiting {
  readonly asked: Asked;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (reason: unknown) => void;
}

/** How a write ended: a result for each that asked, or what went wrong and whether the ledger is surely as before. */
export type Written =
  | { readonly results: readonly PromiseSettledResult<Appended>[] }
  | { readonly failed: unknown; readonly mayDoAgain: boolean };

/** Callers of one transaction. What comes later waits for the next. */
const mostAtOnce = 500;

/**
 * Callers who wait while a transaction runs are taken together into the next one, in order: a commit, with its wait for the
 * disk, is shared by all. None is answered before it. Where the transaction fails for a reason that may be one caller's, each is
 * done again alone.
 */
export class AppendQueue {
  readonly #write: (group: readonly Asked[]) => Promise<Written>;
  readonly #waiting: Waiting[] = [];
  #running = false;

  constructor(write: (group: readonly Asked[]) => Promise<Written>) {
    this.#write = write;
  }

  async add(asked: Asked): Promise<Appended> {
    const { promise, resolve, reject } = Promise.withResolvers<Appended>();
    this.#waiting.push({ asked, resolve, reject });
    if (!this.#running) void this.#run();
    return await promise;
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#waiting.length > 0) {
      await this.#settle(this.#waiting.splice(0, mostAtOnce));
      // Those who were answered come again at once: they go together with those who came meanwhile.
      await nextTurn();
    }
    this.#running = false;
  }

  async #settle(group: readonly Waiting[]): Promise<void> {
    const written = await this.#write(group.map(({ asked }) => asked));
    if ('results' in written) {
      for (const [at, { resolve, reject }] of group.entries()) {
        const result = written.results[at];
        if (result?.status === 'fulfilled') resolve(result.value);
        else reject(result?.reason ?? new TypeError('an append without its result'));
      }
    } else if (group.length > 1 && written.mayDoAgain) {
      for (const each of group) await this.#settle([each]);
    } else {
      for (const { reject } of group) reject(written.failed);
    }
  }
}
