import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Problem } from '../model/problem.ts';
import { capProblems } from './cap-problems.ts';

test('the first hundred problems of a file, and the number of the rest', () => {
  const some = (count: number): Problem[] =>
    Array.from({ length: count }, (_, i) => ({ code: 'malformed', where: 'f', message: `${i}` }));
  assert.deepEqual(capProblems(some(100), 'f'), some(100));
  assert.deepEqual(capProblems(some(103), 'f'), [
    ...some(100),
    { code: 'malformed', where: 'f', message: '3 more problems of this file are not listed' },
  ]);
});
