import type { Instant } from '../../ledger/instant.ts';
import type { QuietHours } from '../config/config.ts';

const minuteMs = 60_000;
/** Longer than any quiet hours, with an hour more for the end of summer time. */
const mostMinutes = 26 * 60;

const clocks = new Map<string, Intl.DateTimeFormat>();

/** Minutes after midnight on a clock on the wall there. */
function minutesAt(at: Instant, timezone: string): number {
  let clock = clocks.get(timezone);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('en-GB', {
      timeZone: timezone,
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    clocks.set(timezone, clock);
  }
  const [hours = '', minutes = ''] = clock.format(at).split(':');
  return Number(hours) * 60 + Number(minutes);
}

/** Whether it is quiet at a moment. By the clock on the wall: where an hour is left out or comes twice, so does what is quiet of it. */
export function isQuiet({ from, until, timezone }: QuietHours, at: Instant): boolean {
  const now = minutesAt(at, timezone);
  return from < until ? from <= now && now < until : now >= from || now < until;
}

/** When quiet ends: the next full minute that is not quiet; `at` itself where it is not quiet then. */
export function endOfQuiet(quiet: QuietHours, at: Instant): Instant {
  if (!isQuiet(quiet, at)) return at;
  let next = Math.floor(at / minuteMs) * minuteMs;
  for (let minutes = 0; minutes < mostMinutes; minutes++) {
    next += minuteMs;
    if (!isQuiet(quiet, next)) return next;
  }
  return next;
}
