import { setTimeout as sleep } from 'node:timers/promises';
import type { CursorRow } from '../../ledger/database/tables.ts';
import type { Instant } from '../../ledger/instant.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { KvittoEvent } from '../../model/event.ts';
import type { ConfiguredSink } from '../config/config.ts';
import type { EventSource } from '../event-source.ts';
import type { SinkContext } from '../sink.ts';
import { attempt } from './attempt.ts';
import { isGivenUp, pauseMs } from './back-off.ts';
import { beginCursor, type Fence, noteStep, type Step } from './cursors.ts';
import { behind, isSamePlace, type Place } from './place.ts';
import { Reading } from './reading.ts';
import { threadMemory } from './thread-memory.ts';

export interface RelayOptions {
  /** `kvitto/0.1.0`. */
  readonly tool: string;
  readonly now: () => Date;
  /** Ends it: after the delivery that is under way, which is told so too. */
  readonly signal: AbortSignal;
  readonly link: (event: KvittoEvent) => string | null;
  /** The claim under which the sink is served; null where nobody else can. */
  readonly fence: Fence | null;
  /** Of one delivery. Default: 60 s. */
  readonly timeoutMs?: number;
  /** Pauses up to so long are waited for here, with the batch in hand; before longer ones it ends. */
  readonly patienceMs: number;
  /** Try at once, also where a former failure asked for a pause that is not over by the clock. */
  readonly afresh?: boolean;
  /** From 0 to 1, for the back-off. */
  readonly random?: () => number;
}

export interface RelayResult {
  /**
   * `drained`: nothing more is in the log for the sink. `failing`: to be called again after `waitMs`. `lost`: somebody else serves the sink, or its
   * cursor was set. `ended`: by the signal.
   */
  readonly end: 'drained' | 'failing' | 'lost' | 'ended';
  readonly delivered: number;
  /** Events that were given up, and are kept as dead letters. */
  readonly dead: number;
  readonly waitMs: number;
  /** What the last attempt met; null where it met nothing. */
  readonly message: string | null;
}

const defaultTimeoutMs = 60_000;

/**
 * Delivers to one sink what is for it, from its cursor on and in the order of the log, until nothing is left. The cursor moves when the receiver has
 * confirmed: whoever is killed between the two leaves it to the next to deliver again. An event that the receiver refuses, or that was tried for as
 * long as the sink's settings say, becomes a dead letter, and the next one's turn comes. Throws what the ledger throws.
 */
export async function relay(
  ledger: Ledger,
  source: EventSource,
  sink: ConfiguredSink,
  options: RelayOptions,
): Promise<RelayResult> {
  const cursor = await beginCursor(ledger, sink.name, options.now().getTime());
  const waitMs = Math.min(cursor.next_at - options.now().getTime(), 24 * 60 * 60_000);
  // A former process met a receiver that asked to be left alone.
  if (options.afresh !== true && cursor.attempts > 0 && waitMs > 0) {
    return { end: 'failing', delivered: 0, dead: 0, waitMs, message: cursor.error };
  }
  const reading = new Reading(ledger, source, sink, cursor);
  try {
    return await new Service(ledger, sink, options, cursor).run(reading);
  } finally {
    await reading.close();
  }
}

/** How an attempt leaves the rest of a batch. */
type Next = 'on' | 'lost' | 'ended' | { readonly waitMs: number };

class Service {
  readonly #ledger: Ledger;
  readonly #sink: ConfiguredSink;
  readonly #options: RelayOptions;
  readonly #context: SinkContext;
  #at: Place;
  #failing: { since: Instant; attempts: number } | null;
  #message: string | null = null;
  #delivered = 0;
  #dead = 0;

  constructor(ledger: Ledger, sink: ConfiguredSink, options: RelayOptions, cursor: CursorRow) {
    const { tool, now, signal, link } = options;
    this.#ledger = ledger;
    this.#sink = sink;
    this.#options = options;
    this.#context = { name: sink.name, tool, now, signal, link, memory: threadMemory(ledger, sink.name) };
    this.#at = cursor;
    const { failing_since: since, attempts } = cursor;
    this.#failing = since === null ? null : { since, attempts };
  }

  async run(reading: Reading): Promise<RelayResult> {
    const { signal } = this.#options;
    for (;;) {
      if (signal.aborted) return this.#result('ended');
      const { events, after, isLast } = await reading.batch();
      let left = events;
      while (left.length > 0) {
        const before = this.#delivered + this.#dead;
        const next = await this.#deliver(left, after);
        if (next === 'lost' || next === 'ended') return this.#result(next);
        left = left.slice(this.#delivered + this.#dead - before);
        if (next === 'on') continue;
        if (next.waitMs > this.#options.patienceMs) return this.#result('failing', next.waitMs);
        await sleep(next.waitMs, undefined, { signal }).catch(() => {});
        if (signal.aborted) return this.#result('ended');
      }
      // Behind what is not for this sink.
      if (!isSamePlace(after, this.#at) && !(await this.#note(after, {}))) return this.#result('lost');
      if (isLast) return this.#result('drained');
    }
  }

  /** One attempt, and what is to be noted of it. `after`: where the reader stands behind all of them. */
  async #deliver(events: readonly KvittoEvent[], after: Place): Promise<Next> {
    const { now, signal, random = Math.random, timeoutMs = defaultTimeoutMs } = this.#options;
    if (signal.aborted) return 'ended';
    const { delivered, stopped } = await attempt(this.#sink, events, this.#context, timeoutMs);
    this.#delivered += delivered;
    const last = events[delivered - 1];
    const to = delivered === events.length ? after : last === undefined ? this.#at : behind(last);
    const event = events[delivered];
    if (stopped === null || event === undefined) {
      this.#message = null;
      return (await this.#note(to, { delivered })) ? 'on' : 'lost';
    }
    this.#message = stopped.message;
    if (stopped.why === 'refused') return await this.#bury(to, delivered, event, stopped.message);
    // A delivery that was cut off says nothing about the receiver.
    if (signal.aborted) return (await this.#note(to, { delivered, failing: delivered === 0 })) ? 'ended' : 'lost';
    const at = now().getTime();
    const before = delivered > 0 ? null : this.#failing;
    const failing = { since: before?.since ?? at, attempts: (before?.attempts ?? 0) + 1 };
    const forMs = at - failing.since;
    if (isGivenUp({ forMs, attempts: failing.attempts }, this.#sink.keepTryingMs)) {
      const reason = `given up after ${failing.attempts} attempts in ${Math.round(forMs / 60_000)} minutes: ${stopped.message}`;
      return await this.#bury(to, delivered, event, reason);
    }
    const waitMs = pauseMs(failing.attempts, stopped.afterMs, random);
    const failure = { ...failing, nextAt: at + waitMs, message: stopped.message };
    const noted = await this.#note(to, { delivered, failure });
    this.#failing = failing;
    return noted ? { waitMs } : 'lost';
  }

  async #bury(to: Place, delivered: number, event: KvittoEvent, reason: string): Promise<Next> {
    this.#dead += 1;
    return (await this.#note(to, { delivered, dead: { event, reason } })) ? 'on' : 'lost';
  }

  /** `failing`: what was noted of failures before stays. */
  async #note(to: Place, step: Partial<Step> & { failing?: boolean }): Promise<boolean> {
    if (step.failing === true && this.#failing !== null) return true;
    const { fence, now } = this.#options;
    const { delivered = 0, dead = null, failure = null } = step;
    const at = { fence, now: now().getTime() };
    const noted = await noteStep(this.#ledger, this.#sink.name, { from: this.#at, to, delivered, dead, failure }, at);
    this.#at = dead === null ? to : behind(dead.event);
    this.#failing = null;
    return noted;
  }

  #result(end: RelayResult['end'], waitMs = 0): RelayResult {
    return { end, delivered: this.#delivered, dead: this.#dead, waitMs, message: this.#message };
  }
}
