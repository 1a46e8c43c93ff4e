import assert from 'node:assert/strict';
import test from 'node:test';
import library from 'semver';
import { semver } from './semver.ts';
import { assertAscending, assertTotalOrder, disagreements } from './testing/order.ts';
import { pairs, pieces } from './testing/pairs.ts';

const versions = pieces(['0', '1', '2', '10', '.', '.', '-', '+', 'a', 'rc', '-0', '.0', 'v'], 1, 9);
const strict = pieces(['1.0.0', '0.1.2', '10.0.1', '-', '-rc.', '.', '1', '0', '10', 'a', 'b-', '+', 'x'], 1, 7);

test('semver: a total order', () => {
  assertTotalOrder(semver, versions);
  assertTotalOrder(semver, strict);
});

test('semver: the order of section 11, with missing and more numbers', () => {
  assertAscending(semver, [
    '0.0.0-0',
    '0',
    '=0.0.0',
    '0.0.1',
    '1.0.0-1',
    '1.0.0-1.2',
    '1.0.0--',
    '1.0.0-alpha',
    '1.0.0-alpha.1',
    '1.0.0-alpha.beta',
    '1.0.0-beta',
    '1.0.0-beta.2',
    '1.0.0-beta.11',
    '1.0.0-rc.1',
    '1',
    '=v1.0.0',
    '=1.0',
    '=1.0.0+build.5',
    '=1.0.0.0',
    '1.0.0.1',
    '1.2',
    '1.2.1-rc.1+x-y.z',
    '1.2.1',
    '1.9.0b1',
    '=1.9.0-b1',
    '1.9.0rc.2',
    '1.9',
    '1.10',
    '99999999999999999999.0.0',
    '100000000000000000000.0.0-rc',
  ]);
});

test('semver: what is a version', () => {
  const accepted = ['0', '1.2', 'v1.2.3', '=1.2.3', '1.2.3-a.b+c.d', '1.2.3.4', '1-rc.1', '1.2.3+b-c', '1.9.0b1'];
  const refused = [
    '',
    'v',
    '1.',
    '.1',
    '1..2',
    '1.x',
    '*',
    '1.2.3-',
    '1.2.3-a..b',
    '1.2.3+',
    '1.2.3+a+b',
    '1.2.3.4.5',
  ].concat(['1.2.3 ', '1.2.3\n', 'latest', '1.2.3-é', '^1.2.3', 'vv1', '1.2.3-a_b']);
  assert.deepEqual(accepted.filter(semver.valid), accepted);
  assert.deepEqual(refused.filter(semver.valid), []);
});

test('semver: takes all that the library takes and agrees with it', () => {
  const asked = pairs(strict, (v) => library.valid(v) !== null, 3000);
  assert.deepEqual(
    asked.flat().filter((v) => !semver.valid(v)),
    [],
  );
  assert.deepEqual(
    disagreements(
      semver,
      asked,
      asked.map(([a, b]) => library.compare(a, b)),
    ),
    [],
  );
});
