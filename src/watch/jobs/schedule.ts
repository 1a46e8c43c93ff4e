import { Cron } from 'croner';
import type { Instant } from '../../ledger/instant.ts';
import { CodedError, messageOf } from '../../model/errors.ts';
import { clip } from '../../model/problem.ts';

/** When something is to be done again and again. */
export interface Schedule {
  /** The first moment after `now`, without jitter. */
  next(now: Instant): Instant;
  /** As `next`, and up to the jitter later. */
  nextDue(now: Instant): Instant;
  /** From one time to the next, as seen from `now`, in milliseconds. */
  periodMs(now: Instant): number;
  /** In words: as it was given. */
  readonly words: string;
  readonly jitterMs: number;
}

export interface ScheduleSettings {
  /** Cron expression of five fields, or six with seconds in front. */
  readonly schedule: string;
  /** IANA name. */
  readonly timezone: string;
  readonly jitterMs: number;
  /** What the messages name: `watch.schedule`, `--schedule`. */
  readonly key: string;
}

/** A schedule by a cron expression, in a time zone. Throws `config-invalid` naming the key where it is none, or never comes. */
export function cronSchedule(
  { schedule, timezone, jitterMs, key }: ScheduleSettings,
  random: () => number = Math.random,
): Schedule {
  const wrong = (why: string, cause?: unknown) =>
    new CodedError('config-invalid', `${key}: ${clip(schedule, 100)} (${clip(timezone, 60)}): ${why}`, {
      remedy:
        "five fields, as '*/30 * * * *' (every 30 minutes) or '15 6 * * 1-5', and a time zone as Europe/Stockholm",
      ...(cause !== undefined && { cause }),
    });
  let cron: Cron;
  try {
    cron = new Cron(schedule, { timezone, paused: true, mode: '5-or-6-parts' });
    if (cron.nextRun(new Date()) === null) throw wrong('comes at no time');
  } catch (thrown) {
    if (thrown instanceof CodedError) throw thrown;
    throw wrong(messageOf(thrown), thrown);
  }
  const next = (now: Instant): Instant => cron.nextRun(new Date(now))?.getTime() ?? now + farAwayMs;
  return made(next, { words: schedule, jitterMs }, random);
}

/** Every so many milliseconds, from the last time on. */
export function everySchedule(everyMs: number, words: string): Schedule {
  return made(
    (now) => now + everyMs,
    { words, jitterMs: 0 },
    () => 0,
  );
}

/** A schedule that has no next time, as of years that are over, comes again when somebody looks again. */
const farAwayMs = 24 * 60 * 60_000;

function made(
  next: (now: Instant) => Instant,
  parts: Pick<Schedule, 'words' | 'jitterMs'>,
  random: () => number,
): Schedule {
  return {
    ...parts,
    next,
    nextDue: (now) => next(now) + Math.floor(random() * parts.jitterMs),
    periodMs: (now) => next(next(now)) - next(now),
  };
}
