import type { Delivery } from '../sink.ts';
import type { Stopped } from './judge.ts';

/**
 * Delivers a batch whose receiver takes all of it or refuses it as a whole: a refused one is halved until what it refuses is found.
 * `send`: null where all was taken. What was sent may be sent again, as part of a half.
 */
export async function inHalves<T>(
  items: readonly T[],
  send: (some: readonly T[]) => Promise<Stopped | null>,
): Promise<Delivery> {
  if (items.length === 0) return { delivered: 0, stopped: null };
  const stopped = await send(items);
  if (stopped === null) return { delivered: items.length, stopped: null };
  if (stopped.why === 'later' || items.length === 1) return { delivered: 0, stopped };
  const middle = Math.ceil(items.length / 2);
  const first = await inHalves(items.slice(0, middle), send);
  if (first.stopped !== null) return first;
  const second = await inHalves(items.slice(middle), send);
  return { delivered: middle + second.delivered, stopped: second.stopped };
}
