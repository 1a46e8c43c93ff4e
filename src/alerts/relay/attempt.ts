import { setTimeout as pause } from 'node:timers/promises';
import { CodedError } from '../../model/errors.ts';
import type { KvittoEvent } from '../../model/event.ts';
import type { ConfiguredSink } from '../config/config.ts';
import type { Delivery, SinkContext } from '../sink.ts';

/** For a sink that ends what it does when it is told to. */
const graceMs = 2_000;

const later = (delivered: number, message: string): Delivery => ({
  delivered,
  stopped: { why: 'later', message, afterMs: null },
});

/**
 * One delivery, which ends after `timeoutMs` at the latest, whatever the sink does. Never throws: what a sink throws, and what it answers that cannot
 * be, comes out as `later`. Of a bug, the place in the code is told and not its words, which might hold a secret.
 */
export async function attempt(
  { sink, settings }: ConfiguredSink,
  events: readonly KvittoEvent[],
  context: SinkContext,
  timeoutMs: number,
): Promise<Delivery> {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(new Error('the delivery took too long')), timeoutMs);
  const settled = new AbortController();
  try {
    const signal = AbortSignal.any([context.signal, over.signal]);
    const delivery = await Promise.race([
      sink.deliver(events, settings, { ...context, signal }),
      outOfTime(signal, settled.signal, timeoutMs),
    ]);
    return checked(delivery, events.length);
  } catch (thrown) {
    return later(0, wordsOf(thrown));
  } finally {
    clearTimeout(timer);
    settled.abort();
  }
}

async function outOfTime(signal: AbortSignal, settled: AbortSignal, timeoutMs: number): Promise<Delivery> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true, signal: settled });
  });
  await pause(Math.min(graceMs, timeoutMs), undefined, { signal: settled, ref: false }).catch(() => {});
  return later(0, `was not delivered within ${Math.round(timeoutMs / 1000)} s`);
}

/** A sink that confirms what it was not given, or stops without saying why, is wrong. */
function checked(delivery: Delivery, count: number): Delivery {
  const { delivered, stopped } = delivery;
  const whole = Number.isInteger(delivered) && delivered >= 0 && delivered <= count;
  if (!whole) return later(0, `the sink confirmed ${delivered} of ${count} events`);
  if (stopped === null && delivered < count) return later(delivered, `confirmed ${delivered} of ${count} events`);
  // Nothing is left that could have been stopped.
  return delivered === count ? { delivered, stopped: null } : delivery;
}

function wordsOf(thrown: unknown): string {
  if (thrown instanceof CodedError) return thrown.message;
  if (!(thrown instanceof Error)) return 'the sink broke down: this is a bug in Kvitto';
  const place = /\n\s+at .*?([^/\\(]+:\d+):\d+\)?(?:\n|$)/.exec(thrown.stack ?? '')?.[1] ?? 'an unknown place';
  return `the sink broke down with ${thrown.name} at ${place}: this is a bug in Kvitto`;
}
