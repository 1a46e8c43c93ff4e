import { CodedError } from '../model/errors.ts';
import { clip } from '../model/problem.ts';

/** Milliseconds since 1970 in UTC. Every time in the ledger's tables is one. */
export type Instant = number;

/** The end of what has none: the last instant that ECMAScript knows. */
export const forever: Instant = 8_640_000_000_000_000;

/** RFC 3339 in UTC with milliseconds; null for `forever`. */
export function formatInstant(at: Instant): string {
  return new Date(at).toISOString();
}

/** RFC 3339 in UTC; null where there is no end. */
export function formatEnd(at: Instant): string | null {
  return at >= forever ? null : formatInstant(at);
}

const pattern = /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|z|[+-]\d{2}:\d{2})?)?$/;

/**
 * A moment as a person writes it: a date (its first instant in UTC), or RFC 3339 with seconds left out at will. A time of day
 * must name its offset: whose clock it was is not guessed. Throws `usage` naming `option`.
 */
export function parseInstant(text: string, option: string): Instant {
  const [, date = '', time, zone] = pattern.exec(text) ?? [];
  const wrong = (why: string) =>
    new CodedError('usage', `${option}: ${why}: ${clip(text, 60)}`, {
      remedy: 'write a date (2026-11-21) or a time with its offset (2026-11-21T14:30:00Z, 2026-11-21T15:30:00+01:00)',
    });
  if (date === '') throw wrong('not a date or time');
  if (time !== undefined && zone === undefined) throw wrong('a time of day without its offset from UTC');
  const clock = time === undefined ? '00:00:00' : time.length === 5 ? `${time}:00` : time;
  const at = Date.parse(`${date}T${clock}${(zone ?? 'Z').toUpperCase()}`);
  // Date.parse takes the 31st of February for the 3rd of March.
  const day = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(at) || Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== date) {
    throw wrong('no such date or time');
  }
  if (at < 0) throw wrong('before 1970');
  return at;
}
