import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { believe, defaultBounds, type FeedBounds, type Weight } from './bounds.ts';
import { FeedRefused } from './feed-report.ts';

const weight = (records: number, badRecords = 0, telling: number | null = null): Weight => ({
  records,
  badRecords,
  telling,
});

/** Why it is not believed, with the message; null where it is. */
function doubted(before: Weight, found: Weight, more: Partial<FeedBounds> = {}): [string, string] | null {
  const compared = [{ what: 'kev', before, found }];
  const bounds = { ...defaultBounds, ...more };
  const counts = { records: 7, badRecords: 3 };
  try {
    assert.equal(believe(compared, counts, { bounds, accepted: false }), null);
    assert.equal(believe(compared, counts, { bounds, accepted: true }), null);
    return null;
  } catch (thrown) {
    assert.ok(thrown instanceof FeedRefused);
    assert.deepEqual([thrown.code, thrown.found, thrown.acceptable], ['feed-invalid', counts, true]);
    assert.equal(believe(compared, counts, { bounds, accepted: true }), `accepted: ${thrown.message}`);
    return [thrown.why, thrown.message];
  }
}

test('a feed may lose a fifth of its records, and a few whatever their share', () => {
  assert.equal(doubted(weight(100), weight(80)), null);
  assert.deepEqual(doubted(weight(100), weight(79)), [
    'shrunk',
    'kev holds 79 records and held 100: 21 % fewer, and more than 20 % at once is not believed',
  ]);
  assert.equal(doubted(weight(12), weight(3)), null);
  assert.deepEqual(doubted(weight(12), weight(2)), [
    'shrunk',
    'kev holds 2 records and held 12: 83 % fewer, and more than 20 % at once is not believed',
  ]);
  assert.deepEqual(doubted(weight(1000), weight(960), { mostLost: 0.035 }), [
    'shrunk',
    'kev holds 960 records and held 1000: 4 % fewer, and more than 3.5 % at once is not believed',
  ]);
  assert.deepEqual(doubted(weight(3), weight(1), { fewest: 1 }), [
    'shrunk',
    'kev holds 1 record and held 3: 67 % fewer, and more than 20 % at once is not believed',
  ]);
  assert.equal(doubted(weight(100), weight(200)), null);
});

test('nothing where something was is never a small loss', () => {
  assert.deepEqual(doubted(weight(1), weight(0)), ['shrunk', 'kev is empty or gone, and held 1 record']);
  assert.deepEqual(doubted(weight(2), weight(2, 2)), [
    'form-changed',
    'kev has another form: none of its 2 records can be read; bad were 0 of 2 before',
  ]);
  assert.equal(doubted(weight(0), weight(0)), null);
  assert.equal(doubted(weight(2, 2), weight(3, 3)), null);
});

test('records that turn bad are another form, and those that always were are not', () => {
  assert.equal(doubted(weight(400), weight(400, 20)), null);
  assert.deepEqual(doubted(weight(400, 1), weight(400, 21)), [
    'form-changed',
    'kev has another form: 21 of its 400 records (5.3 %) cannot be read; bad were 1 of 400 before',
  ]);
  assert.equal(doubted(weight(20), weight(20, 9)), null);
  assert.equal(doubted(weight(400, 40), weight(400, 55)), null);
  assert.deepEqual(doubted(weight(400, 40), weight(400, 61)), [
    'form-changed',
    'kev has another form: 61 of its 400 records (15 %) cannot be read; bad were 40 of 400 before',
  ]);
  assert.equal(doubted(weight(400), weight(400, 40), { mostBad: 0.1 }), null);
});

test('records that no longer say anything are another form, though none is bad', () => {
  assert.equal(doubted(weight(100, 0, 90), weight(100, 0, 72)), null);
  assert.deepEqual(doubted(weight(100, 0, 90), weight(101, 0, 71)), [
    'form-changed',
    'kev has another form: 71 of its 101 records say something that is read; 90 did before',
  ]);
  assert.equal(doubted(weight(100), weight(100, 0, 0)), null);
  assert.equal(doubted(weight(100, 0, 90), weight(100)), null);
});

test('what stays as it is, or only grows, is believed under any bounds', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const bounds = fc.record({ mostLost: share, mostBad: share, fewest: fc.nat(20) });
  fc.assert(
    fc.property(fc.nat(1000), fc.nat(1000), fc.nat(1000), fc.nat(1000), bounds, (good, bad, silent, more, limits) => {
      const before = weight(good + bad + silent, bad, good);
      const found = weight(good + bad + silent + more, bad, good + more);
      return doubted(before, before, limits) === null && doubted(before, found, limits) === null;
    }),
  );
});
