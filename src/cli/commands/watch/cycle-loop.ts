import type { Instant } from '../../../ledger/instant.ts';
import { CodedError } from '../../../model/errors.ts';
import { type CycleResult, publish, runCycle } from './cycle.ts';
import { failureOf, tellFailure } from './failures.ts';
import type { Office } from './office.ts';

export const cycleJob = 'cycle';

/** How often the row of the job is looked at: another process may have been asked. */
const lookEveryMs = 1_000;
const firstRetryMs = 15_000;

export interface CycleSettings {
  readonly base: string | null;
  readonly entry: string | null;
  readonly noUpdate: boolean;
}

/** How a try to run a cycle ended. `failure`: null for a bug. */
export type CycleEnd =
  | { readonly end: 'not-due' | 'cut-off' }
  | { readonly end: 'done'; readonly result: CycleResult }
  | { readonly end: 'failed'; readonly failure: CodedError | null };

/** Runs cycles when they are due, one process at a time. */
export class CycleLoop {
  readonly #office: Office;
  readonly #settings: CycleSettings;
  #silentSince: Instant | null;
  #failures = 0;

  constructor(office: Office, settings: CycleSettings, silentSince: Instant | null) {
    this.#office = office;
    this.#settings = settings;
    this.#silentSince = silentSince;
  }

  /** Looks whether a cycle is due, and runs it. */
  async turn(): Promise<void> {
    const { signal, asked } = this.#office;
    const seen = asked.count;
    await this.#keepSchedule();
    const ran = await this.run();
    if (ran.end === 'not-due') await asked.wait(lookEveryMs, seen, signal);
  }

  /** One cycle, where it is due and nobody else is at it. A failure has been told. */
  async run(): Promise<CycleEnd> {
    const { leases, journal, schedule, signal, ledger, config, home, actor, news } = this.#office;
    const claim = await leases.claim(cycleJob);
    if (claim === null) return { end: 'not-due' };
    const silentSince = this.#silentSince;
    let due: Instant;
    try {
      const here = { ledger, home, settings: config.watch, actor, signal, journal };
      const result = await runCycle({ ...here, ...this.#settings, silentSince });
      due = schedule.nextDue(await leases.now());
      await leases.finish(claim, due);
      this.#silentSince = null;
      this.#failures = 0;
      tellCycle(this.#office, result, due);
      return { end: 'done', result };
    } catch (thrown) {
      if (signal.aborted) return { end: 'cut-off' };
      this.#failures += 1;
      // Also where the database is away, and the rest of this cannot be done.
      leases.drop(claim);
      const failure = await failureOf(ledger, thrown);
      const words = tellFailure(journal, 'cycle', failure);
      // What was recorded before it failed is news all the same.
      await publish({ ledger, journal });
      const now = await leases.now();
      const retry = now + firstRetryMs * 2 ** Math.min(this.#failures - 1, 8);
      await leases.finish(claim, Math.min(retry, schedule.nextDue(now)), words);
      return { end: 'failed', failure: failure instanceof CodedError ? failure : null };
    } finally {
      news.wake();
    }
  }

  /** A clock that was set back, or another schedule, must not leave the next time far away. */
  async #keepSchedule(): Promise<void> {
    const { leases, schedule } = this.#office;
    const row = await leases.look(cycleJob);
    if (row === null) return await leases.make(cycleJob, 0);
    if (row.owner !== null) return;
    const now = await leases.now();
    if (row.due > schedule.next(now) + schedule.jitterMs) {
      await leases.reschedule(cycleJob, row.due, schedule.nextDue(now));
    }
  }
}

function tellCycle({ journal }: Office, result: CycleResult, due: Instant): void {
  const { rescanned, assessed, began, ended, gaps, tookMs } = result;
  const next = new Date(due).toISOString();
  const { components = 0, opened = 0, closed = 0 } = rescanned ?? {};
  const looked =
    rescanned === null
      ? 'nothing was held against advisories'
      : `${components} components, ${assessed} held against the advisories anew: ${opened} matches opened, ${closed} closed`;
  const conditions = began + ended === 0 ? '' : `; ${began} conditions began, ${ended} ended`;
  const [gap] = gaps;
  const missing =
    gap === undefined ? '' : `; not covered: ${gap}${gaps.length > 1 ? ` and ${gaps.length - 1} more` : ''}`;
  const message = `${looked}${conditions}${missing} (${tookMs} ms; next ${next})`;
  const fields = { components, assessed, opened, closed, began, ended, gaps: gaps.length, tookMs, next };
  if (gap === undefined) journal.info('cycle', message, fields);
  else journal.warn('cycle', message, fields);
}
