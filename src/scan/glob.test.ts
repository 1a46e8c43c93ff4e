import assert from 'node:assert/strict';
import { it } from 'node:test';
import { skipper } from './glob.ts';

it('globs of files', () => {
  const cases: [glob: string, path: string, skipped: boolean][] = [
    ['a.txt', 'a.txt', true],
    ['a.txt', 'b/a.txt', false],
    ['/a.txt', 'a.txt', true],
    ['**/a.txt', 'a.txt', true],
    ['**/a.txt', 'x/y/a.txt', true],
    ['**/a.txt', 'x/y/ba.txt', false],
    ['x/**/z', 'x/z', true],
    ['x/**/z', 'x/a/b/z', true],
    ['x/**/z/**/q', 'x/a/z/b/z/q', true],
    ['x/**', 'x/a/b', true],
    ['*.js', 'a.js', true],
    ['*.js', 'a/b.js', false],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['[ab](+)', '[ab](+)', true],
    ['[ab]', 'a', false],
    ['*a*b*c', 'xaxbxc', true],
    ['*a*b*c', 'xaxbxd', false],
  ];
  for (const [glob, path, skipped] of cases) assert.equal(skipper([], [glob])?.(path), skipped, `${glob} ${path}`);
  assert.equal(skipper([], []), null);
});

it('globs of folders hold for all that is below', () => {
  const skip = skipper(['usr/share', '**/test'], []);
  const paths = ['usr/share/x', 'usr/share/a/b', 'usr/sharex', 'usr/share', 'test', 'test/a', 'a/test/b/c'];
  assert.deepEqual(
    paths.map((path) => skip?.(path)),
    [true, true, false, false, false, true, true],
  );
});

it('globs that are slow for others end in time', () => {
  assert.equal(skipper([], [`${'*a'.repeat(200)}b`])?.('a'.repeat(4000)), false);
  assert.equal(skipper([], [`${'**/a/'.repeat(50)}b`])?.('a/'.repeat(2000)), false);
});
