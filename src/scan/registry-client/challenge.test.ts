import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseChallenges } from './challenge.ts';

const read = (header: string | string[] | undefined) =>
  parseChallenges(header).map((c) => [c.scheme, Object.fromEntries(c.parameters)]);

test('reads the challenge of a token registry', () => {
  assert.deepEqual(
    read('Bearer realm="https://auth.example/token",service="registry.example",scope="repository:a/b:pull,push"'),
    [
      [
        'bearer',
        { realm: 'https://auth.example/token', service: 'registry.example', scope: 'repository:a/b:pull,push' },
      ],
    ],
  );
});

test('reads several challenges in one line and in several', () => {
  const expected = [
    ['negotiate', {}],
    ['basic', { realm: 'a "b" \\' }],
    ['bearer', { realm: 'x', error: 'y' }],
  ];
  assert.deepEqual(read('Negotiate, Basic realm="a \\"b\\" \\\\" , Bearer realm=x, error = "y"'), expected);
  assert.deepEqual(read(['Negotiate', 'Basic Realm="a \\"b\\" \\\\"', 'Bearer realm=x,error=y']), expected);
});

test('ends where it cannot read on', () => {
  assert.deepEqual(read(undefined), []);
  assert.deepEqual(read(''), []);
  assert.deepEqual(read('realm="x"'), []);
  assert.deepEqual(read('Basic realm="open'), [['basic', {}]]);
  assert.deepEqual(read('Basic realm="a", realm="b", \u0001'), [['basic', { realm: 'a' }]]);
  assert.deepEqual(read(`Basic realm="${'a'.repeat(20_000)}"`), []);
});

test('any header is read without a throw', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('Bearer', 'a', '=', '"', '\\', ',', ' ', 'realm')).map((l) => l.join('')),
      (header) => {
        for (const c of parseChallenges(header)) assert.match(c.scheme, /^\S+$/);
      },
    ),
  );
});
