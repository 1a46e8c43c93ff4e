import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { endOfQuiet, isQuiet } from './quiet-hours.ts';

const night = { from: 22 * 60, until: 7 * 60, timezone: 'Europe/Stockholm' };
const noon = { from: 12 * 60, until: 13 * 60 + 30, timezone: 'UTC' };
const at = (text: string) => Date.parse(text);
const endOf = (quiet: typeof night, text: string) => new Date(endOfQuiet(quiet, at(text))).toISOString();

test('quiet hours: over midnight, and within a day; the end is not quiet', () => {
  const cases: [typeof night, string, boolean][] = [
    // Stockholm is one hour ahead of UTC in winter, two in summer.
    [night, '2026-01-10T20:59:59Z', false],
    [night, '2026-01-10T21:00:00Z', true],
    [night, '2026-01-11T05:59:59Z', true],
    [night, '2026-01-11T06:00:00Z', false],
    [night, '2026-07-10T20:00:00Z', true],
    [night, '2026-07-11T05:00:00Z', false],
    [noon, '2026-01-10T11:59:59Z', false],
    [noon, '2026-01-10T12:00:00Z', true],
    [noon, '2026-01-10T13:29:59Z', true],
    [noon, '2026-01-10T13:30:00Z', false],
  ];
  for (const [quiet, text, expected] of cases) assert.equal(isQuiet(quiet, at(text)), expected, text);
});

test('quiet hours end by the clock on the wall, in the night of a change of the clocks too', () => {
  assert.equal(endOf(night, '2026-01-10T22:10:30Z'), '2026-01-11T06:00:00.000Z');
  assert.equal(endOf(noon, '2026-01-10T12:00:00Z'), '2026-01-10T13:30:00.000Z');
  assert.equal(endOf(noon, '2026-01-10T14:00:00.500Z'), '2026-01-10T14:00:00.500Z');
  // The night of 29 March 2026 is an hour shorter there, that of 25 October an hour longer.
  assert.equal(endOf(night, '2026-03-28T21:30:00Z'), '2026-03-29T05:00:00.000Z');
  assert.equal(endOf(night, '2026-10-24T20:30:00Z'), '2026-10-25T06:00:00.000Z');
  // Until a time of day that is left out, and one that comes twice.
  const early = { ...night, until: 2 * 60 + 30 };
  assert.equal(endOf(early, '2026-03-28T23:00:00Z'), '2026-03-29T01:00:00.000Z');
  assert.equal(endOf(early, '2026-10-24T23:00:00Z'), '2026-10-25T00:30:00.000Z');
});

test('quiet hours: the end is the first full minute that is not quiet', () => {
  const minute = fc.integer({ min: 0, max: 1439 });
  const timezone = fc.constantFrom('UTC', 'Europe/Stockholm', 'America/New_York', 'Asia/Kolkata', 'Pacific/Apia');
  const moment = fc.integer({ min: at('2026-01-01T00:00:00Z'), max: at('2027-01-01T00:00:00Z') });
  fc.assert(
    fc.property(minute, minute, timezone, moment, (from, until, zone, now) => {
      fc.pre(from !== until);
      const quiet = { from, until, timezone: zone };
      const end = endOfQuiet(quiet, now);
      assert.equal(isQuiet(quiet, end), false);
      if (end > now) assert.equal(isQuiet(quiet, Math.max(end - 60_000, now)), true);
      assert.ok(end - now <= 26 * 3_600_000);
    }),
    { numRuns: 60 },
  );
});
