import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cronSchedule, everySchedule } from './schedule.ts';

const at = (text: string) => Date.parse(text);
const iso = (instant: number) => new Date(instant).toISOString();
const cron = (schedule: string, timezone = 'UTC', jitterMs = 0) =>
  cronSchedule({ schedule, timezone, jitterMs, key: 'watch.schedule' }, () => 0.5);

test('the next time is after now, in the time zone, and later by chance up to the jitter', () => {
  const half = cron('*/30 * * * *', 'UTC', 120_000);
  assert.equal(iso(half.next(at('2026-11-22T10:00:00Z'))), '2026-11-22T10:30:00.000Z');
  assert.equal(iso(half.nextDue(at('2026-11-22T10:00:00Z'))), '2026-11-22T10:31:00.000Z');
  assert.equal(half.periodMs(at('2026-11-22T10:00:00Z')), 30 * 60_000);
  const stockholm = cron('15 6 * * 1-5', 'Europe/Stockholm');
  assert.equal(iso(stockholm.next(at('2026-11-20T12:00:00Z'))), '2026-11-23T05:15:00.000Z');
  assert.equal(iso(stockholm.next(at('2026-07-01T00:00:00Z'))), '2026-07-01T04:15:00.000Z');
  const seconds = cron('*/10 * * * * *');
  assert.equal(iso(seconds.next(at('2026-11-22T10:00:03Z'))), '2026-11-22T10:00:10.000Z');
});

test('a time that falls out where clocks go forward comes once, and one that comes twice too', () => {
  const early = cron('30 2 * * *', 'Europe/Stockholm');
  const [first, second] = [early.next(at('2026-03-28T12:00:00Z')), early.next(early.next(at('2026-03-28T12:00:00Z')))];
  assert.deepEqual([iso(first), iso(second)], ['2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z']);
  const autumn = early.next(at('2026-10-24T12:00:00Z'));
  assert.deepEqual([iso(autumn), iso(early.next(autumn))], ['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z']);
});

test('what is no schedule is refused with its key and a way out', () => {
  for (const [schedule, zone] of [
    ['every day', 'UTC'],
    ['61 * * * *', 'UTC'],
    ['* * * *', 'UTC'],
    ['0 0 30 2 *', 'UTC'],
    ['* * * * *', 'Europe/Atlantis'],
    ['', 'UTC'],
  ] as const) {
    assert.throws(
      () => cron(schedule, zone),
      (error: Error & { code?: string; remedy?: string }) =>
        error.code === 'config-invalid' &&
        error.message.startsWith(`watch.schedule: ${schedule} (${zone}): `) &&
        error.remedy?.includes('*/30 * * * *') === true,
      schedule,
    );
  }
});

test('every so often counts from the last time on', () => {
  const every = everySchedule(10_000, 'every 10s');
  assert.deepEqual(
    [every.next(5), every.nextDue(5), every.periodMs(5), every.words],
    [10_005, 10_005, 10_000, 'every 10s'],
  );
});
