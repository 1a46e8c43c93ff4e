import { setTimeout as sleep } from 'node:timers/promises';
import type { ExchangeError } from './failure.ts';

/** Waiting and chance, so that tests can do without both. */
export interface Pace {
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** 0 to 1. */
  random(): number;
  /** Milliseconds since 1970. */
  now(): number;
}

export const realPace: Pace = {
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
  random: Math.random,
  now: Date.now,
};

const firstDelayMs = 400;
const longestDelayMs = 10_000;
const longestAskedMs = 60_000;

/**
 * How long to wait before a request is made again, the `attempt`-th time (from 1): doubled each time, with jitter; what
 * the peer asked for counts. Null: do not ask again, because it may not help or the peer asks for more than a minute.
 */
export function waitBefore(error: ExchangeError, attempt: number, most: number, pace: Pace): number | null {
  if (error.again === 'never' || attempt > most || (error.again === 'once' && attempt > 1)) return null;
  if (error.afterMs !== null && error.afterMs > longestAskedMs) return null;
  const step = Math.min(firstDelayMs * 2 ** (attempt - 1), longestDelayMs);
  return Math.round(Math.max(error.afterMs ?? 0, step / 2 + (step / 2) * pace.random()));
}

/** `Retry-After` in milliseconds: seconds or an HTTP date (RFC 9110, section 10.2.3); null where there is none to be read. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | null {
  if (header === undefined || header.length > 64) return null;
  if (/^ *[0-9]{1,9} *$/.test(header)) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}
