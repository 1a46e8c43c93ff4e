import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences } from './differences.ts';

test('names each place in which two values differ', () => {
  const should = { a: [1, { b: 'x' }], c: null, d: { e: true } };
  assert.deepEqual(differences(structuredClone(should), should), []);
  assert.deepEqual(differences({ a: [1, { b: 'y' }, 2], c: 0, d: [], f: 1 }, should), [
    { at: 'a[1].b', is: 'y', should: 'x' },
    { at: 'a[2]', is: 2, should: undefined },
    { at: 'c', is: 0, should: null },
    { at: 'd', is: [], should: { e: true } },
    { at: 'f', is: 1, should: undefined },
  ]);
  assert.deepEqual(differences(undefined, should), [{ at: 'the top', is: undefined, should }]);
});

test('keys that mean something to the language are keys like others, and depth ends where it should', () => {
  assert.deepEqual(differences(JSON.parse('{"__proto__":{"x":1}}'), {}), [
    { at: '__proto__', is: { x: 1 }, should: undefined },
  ]);
  assert.deepEqual(differences({}, { constructor: 1 }), [{ at: 'constructor', is: undefined, should: 1 }]);
  const deep = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
  assert.equal(differences(deep, [1]).length, 1);
});
