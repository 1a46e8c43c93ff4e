import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isGivenUp, pauseMs } from './back-off.ts';

test('pauses double up to 15 minutes, any part of them by chance', () => {
  const most = [1, 2, 3, 10, 11, 500].map((attempts) => pauseMs(attempts, null, () => 1));
  assert.deepEqual(most, [1_000, 2_000, 4_000, 512_000, 900_000, 900_000]);
  assert.deepEqual(
    [1, 5, 50].map((attempts) => pauseMs(attempts, null, () => 0)),
    [100, 100, 100],
  );
  assert.equal(
    pauseMs(3, null, () => 0.5),
    2_000,
  );
});

test('a receiver is not asked again before the time that it names, up to a day', () => {
  assert.equal(
    pauseMs(1, 30_000, () => 0),
    30_100,
  );
  assert.equal(
    pauseMs(20, 30_000, () => 1),
    31_000,
  );
  assert.equal(
    pauseMs(1, 10 * 86_400_000, () => 0),
    86_400_100,
  );
  for (const asked of [0, -5, Number.NaN])
    assert.equal(
      pauseMs(1, asked, () => 0),
      100,
    );
});

test('given up by time and by attempts', () => {
  const week = 7 * 86_400_000;
  assert.equal(isGivenUp({ forMs: week, attempts: 336 }, week), true);
  assert.equal(isGivenUp({ forMs: week, attempts: 335 }, week), false);
  assert.equal(isGivenUp({ forMs: week - 1, attempts: 5_000 }, week), false);
  assert.equal(isGivenUp({ forMs: 60_000, attempts: 3 }, 60_000), true);
  assert.equal(isGivenUp({ forMs: -3_600_000, attempts: 1_000 }, 60_000), false);
});
