import { z } from 'zod';

const unitMs: ReadonlyMap<string, number> = new Map([
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
]);

const longestMs = 366 * 86_400_000;

function parse(text: string): number | null {
  const [, count = '', unit = ''] = /^(\d{1,5})([smhdw])$/.exec(text) ?? [];
  const each = unitMs.get(unit);
  return each === undefined ? null : Number(count) * each;
}

const words = 'expected seconds, minutes, hours, days or weeks, at most a year, such as 90s, 30m, 4h, 7d or 2w';

/** `90s`, `30m`, `4h`, `7d`, `2w`, at most 366 days, in milliseconds. */
export const duration = z
  .string(words)
  .refine((text) => (parse(text) ?? Number.POSITIVE_INFINITY) <= longestMs, words)
  .transform((text) => parse(text) ?? 0);

const timeWords = 'expected a time of day in quotes, such as "22:00"';

/** `22:00` in minutes after midnight. */
export const timeOfDay = z
  .string(timeWords)
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, timeWords)
  .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** IANA name of a time zone that this Node knows. */
export const timezone = z
  .string()
  .max(64)
  .refine(isTimezone, 'expected the IANA name of a time zone, such as Europe/Stockholm or UTC');
