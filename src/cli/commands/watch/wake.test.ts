import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Wake } from './wake.ts';

const longMs = 60_000;

test('who waits is woken, and what came before the wait is not missed', async () => {
  const wake = new Wake();
  const { signal } = new AbortController();
  const order: string[] = [];
  const waits = ['a', 'b'].map(async (name) => {
    await wake.wait(longMs, wake.count, signal);
    order.push(name);
  });
  wake.wake();
  wake.wake();
  await Promise.all(waits);
  assert.deepEqual([order, wake.count], [['a', 'b'], 2]);
  await wake.wait(longMs, 1, signal);
});

test('a wait ends after its time, by the signal, and at once where either is over', async () => {
  const wake = new Wake();
  const controller = new AbortController();
  await wake.wait(1, 0, controller.signal);
  await wake.wait(-5, 0, controller.signal);
  const waiting = wake.wait(10 ** 12, 0, controller.signal);
  controller.abort();
  await waiting;
  await wake.wait(longMs, 0, controller.signal);
});
