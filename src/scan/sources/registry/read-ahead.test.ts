import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as tick } from 'node:timers/promises';
import { type PendingBlob, readAhead } from './read-ahead.ts';

const chunkBytes = 1024 * 1024;
const running = (): AbortSignal => new AbortController().signal;

/** Blobs of so many chunks of 1 MiB each; `log` tells what was fetched. */
function blobs(counts: readonly number[]): { pending: PendingBlob[]; log: Map<string, number | 'stopped'> } {
  const log = new Map<string, number | 'stopped'>();
  const pending = counts.map((count, at): PendingBlob => {
    const key = `b${at}`;
    return {
      key,
      async *open(signal: AbortSignal) {
        log.set(key, 0);
        for (let n = 1; n <= count; n++) {
          await tick();
          if (signal.aborted) {
            log.set(key, 'stopped');
            throw new Error('stopped');
          }
          log.set(key, n);
          yield new Uint8Array(chunkBytes).fill(at * 16 + n);
        }
      },
    };
  });
  return { pending, log };
}

const settle = async (): Promise<void> => {
  for (let n = 0; n < 50; n++) await tick();
};

test('all blobs come whole and in order', async () => {
  const seen: string[] = [];
  for await (const { key, bytes } of readAhead(blobs([2, 0, 9, 1]).pending, running())) {
    const values: number[] = [];
    for await (const chunk of bytes) values.push(chunk[0] ?? 0);
    seen.push(`${key}: ${values.join(' ')}`);
  }
  assert.deepEqual(seen, ['b0: 1 2', 'b1: ', 'b2: 33 34 35 36 37 38 39 40 41', 'b3: 49']);
});

test('nothing is fetched before it is asked for, and then at most 4 MiB ahead of each of two blobs', async () => {
  const { pending, log } = blobs([20, 20, 20]);
  const layers = readAhead(pending, running());
  const first = await layers.next();
  await settle();
  assert.deepEqual([...log], []);
  assert.ok(!first.done);
  const bytes = first.value.bytes[Symbol.asyncIterator]();
  await bytes.next();
  await settle();
  assert.deepEqual(
    [...log],
    [
      ['b0', 5],
      ['b1', 4],
    ],
  );
  await layers.return(undefined);
  await settle();
  assert.deepEqual(
    [...log],
    [
      ['b0', 'stopped'],
      ['b1', 'stopped'],
    ],
  );
});

test('a blob that is given up is no longer fetched, and the next one comes whole', async () => {
  const { pending, log } = blobs([1000, 3]);
  const counts: number[] = [];
  for await (const { bytes } of readAhead(pending, running())) {
    let count = 0;
    for await (const _ of bytes) {
      count += 1;
      if (counts.length === 0 && count === 2) break;
    }
    counts.push(count);
  }
  await settle();
  assert.deepEqual(counts, [2, 3]);
  assert.ok(Number(log.get('b0')) < 10 || log.get('b0') === 'stopped');
});

test('a blob that is passed over is not fetched', async () => {
  const { pending, log } = blobs([3, 3]);
  for await (const { key, bytes } of readAhead(pending, running())) {
    if (key === 'b0') continue;
    for await (const _ of bytes);
  }
  assert.deepEqual([...log], [['b1', 3]]);
});

test('a failure comes at its place, also of a blob that was fetched ahead', async () => {
  const [good] = blobs([3]).pending;
  assert.ok(good);
  const bad: PendingBlob = {
    key: 'bad',
    open: async function* () {
      yield new Uint8Array(7);
      throw new Error('no more');
    },
  };
  const seen: string[] = [];
  await assert.rejects(async () => {
    for await (const { key, bytes } of readAhead([good, bad], running())) {
      for await (const chunk of bytes) seen.push(`${key} ${chunk.length}`);
      await settle();
    }
  }, /no more/);
  assert.deepEqual(seen, [`b0 ${chunkBytes}`, `b0 ${chunkBytes}`, `b0 ${chunkBytes}`, 'bad 7']);
});

test('an abort reaches the fetch', async () => {
  const stop = new AbortController();
  const { pending, log } = blobs([1000]);
  await assert.rejects(async () => {
    for await (const { bytes } of readAhead(pending, stop.signal)) {
      for await (const _ of bytes) stop.abort();
    }
  }, /stopped/);
  assert.equal(log.get('b0'), 'stopped');
});
