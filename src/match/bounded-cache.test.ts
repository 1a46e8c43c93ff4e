import assert from 'node:assert/strict';
import test from 'node:test';
import { BoundedCache } from './bounded-cache.ts';

test('cache: computes once, drops the oldest, does not keep what is too heavy', () => {
  const computed: string[] = [];
  const cache = new BoundedCache<string | undefined>(8, (v) => v?.length ?? 1);
  const get = (key: string) =>
    cache.get(key, () => {
      computed.push(key);
      return key === 'none' ? undefined : key;
    });
  for (const key of ['aaa', 'bbb', 'aaa', 'none', 'none', 'ccc', 'none', 'ccc', 'bbb', 'too heavy', 'too heavy'])
    get(key);
  assert.deepEqual(computed, ['aaa', 'bbb', 'none', 'ccc', 'bbb', 'too heavy', 'too heavy']);
});
