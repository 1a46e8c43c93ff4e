import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Kept, nothingKept, readKept, withAlert } from './kept.ts';
import { untilSecond } from './over-http.ts';
import { relabelled, sameLabels } from './severity-labels.ts';

test('what was kept is read again; what is none of it is nothing', () => {
  const kept: Kept = { issue: 'SEC-12', open: [4931584], said: '3f2a90c1-1204-0', opening: null };
  assert.deepEqual(readKept(JSON.stringify(kept)), kept);
  const others = [
    null,
    '',
    '12',
    '[]',
    '{"issue":"../x","open":[],"said":"","opening":null}',
    '{"__proto__":{"issue":"1"}}',
  ];
  for (const other of others) assert.deepEqual(readKept(other), nothingKept, String(other));
});

test('of very many alerts the newest are waited for, and all fits into what may be kept', () => {
  let open: number[] = [];
  for (let alert = 1; alert <= 150; alert++) open = withAlert(open, 4_000_000_000 + alert);
  assert.equal(open.length, 100);
  assert.deepEqual([open[0], open.at(-1)], [4_000_000_051, 4_000_000_150]);
  assert.deepEqual(withAlert([1, 2], 1), [2, 1]);
  const kept: Kept = { issue: 'A'.repeat(64), open, said: 'x'.repeat(100), opening: null };
  assert.ok(JSON.stringify(kept).length <= 2000);
});

test('one severity takes the place of another among the labels', () => {
  assert.deepEqual(relabelled(['a', 'severity: high', 'severity: low', 'b'], 'severity: ', 'critical'), [
    'a',
    'b',
    'severity: critical',
  ]);
  assert.deepEqual([sameLabels(['a', 'b'], ['b', 'a']), sameLabels(['a'], ['a', 'a'])], [true, false]);
});

test('until a second that a header names', () => {
  const now = new Date(1_000_000);
  assert.deepEqual(
    ['1060', '900', '99999999999', 'x', '', '-1', null].map((header) => untilSecond(header, now)),
    [60_000, 1000, 86_400_000, null, null, null, null],
  );
});
