import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { CodedError } from '../model/errors.ts';
import { clip } from '../model/problem.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The folder that holds everything Kvitto keeps: `$KVITTO_HOME`, else `$XDG_DATA_HOME/kvitto`, else `~/.local/share/kvitto`. */
export function kvittoHome(env: Environment): string {
  const named = env['KVITTO_HOME'];
  if (named !== undefined && named !== '') return resolve(named);
  const data = env['XDG_DATA_HOME'];
  return join(data?.startsWith('/') ? data : join(homedir(), '.local/share'), 'kvitto');
}

/**
 * The present moment in whole seconds. `SOURCE_DATE_EPOCH` (seconds since 1970, reproducible-builds.org) fixes it, so that
 * two scans of the same input give the same bytes.
 */
export function presentMoment(env: Environment, clock: () => Date): Date {
  const epoch = env['SOURCE_DATE_EPOCH'];
  if (epoch === undefined || epoch === '') return new Date(Math.floor(clock().getTime() / 1000) * 1000);
  if (!/^\d{1,11}$/.test(epoch)) {
    throw new CodedError('usage', `SOURCE_DATE_EPOCH is not a number of seconds: ${clip(epoch, 40)}`);
  }
  return new Date(Number(epoch) * 1000);
}

const durationMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `90s`, `5m`, `36h`, `5d` in milliseconds. Throws `usage` naming the option. */
export function parseDuration(text: string, option: string): number {
  const match = /^(\d{1,6})(s|m|h|d)$/.exec(text);
  const unit = match?.[2] as keyof typeof durationMs | undefined;
  if (match === null || unit === undefined) {
    throw new CodedError('usage', `${option}: not a duration: ${clip(text, 40)}`, {
      remedy: 'write it as 90s, 5m, 36h or 5d',
    });
  }
  return Number(match[1]) * durationMs[unit];
}
