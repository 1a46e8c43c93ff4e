import assert from 'node:assert/strict';
import test from 'node:test';
import { bitnami } from './bitnami.ts';
import { assertAscending, assertTotalOrder } from './testing/order.ts';
import { pieces } from './testing/pairs.ts';

test('bitnami: a total order', () => {
  assertTotalOrder(bitnami, pieces(['0', '1', '2', '10', '.', '.', '-', '+', 'a', 'rc', '-0', '.0', '-12'], 1, 9));
});

test('bitnami: a trailing number is the revision of the package and comes after', () => {
  assertAscending(bitnami, [
    '1.25.2-9',
    '1.25.3-rc.1',
    '1.25.3',
    '=1.25.3-0',
    '1.25.3-1',
    '1.25.3-2',
    '1.25.3-10',
    '1.25.4',
  ]);
  assert.deepEqual(['', '-1', '1.2.3-', 'x-1', '1.2.3--1'].filter(bitnami.valid), []);
});
