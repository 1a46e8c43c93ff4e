import assert from 'node:assert/strict';
import test from 'node:test';
import { pep440 } from './pep440.ts';
import { askOracle, assertAscending, assertTotalOrder, disagreements } from './testing/order.ts';
import { pairs, pieces } from './testing/pairs.ts';

const versions = pieces(
  [
    '0',
    '1',
    '2',
    '10',
    '00',
    '.',
    '.',
    'a',
    'b',
    'rc',
    '.dev',
    '.post',
    '-',
    '1!',
    'alpha',
    '+',
    '_',
    'v',
    'PRE',
    '1e5',
  ],
  1,
  8,
);

test('pep440: a total order', () => assertTotalOrder(pep440, versions));

test('pep440: the order of the specification', () => {
  assertAscending(pep440, [
    '0.9',
    '1.dev0',
    '=1.0.0.DEV',
    '1.0.dev456',
    '1.0a1',
    '1.0a2.dev456',
    '1.0a12.dev456',
    '1.0a12',
    '=v1.0.0-alpha.12',
    '1.0b1.dev456',
    '1.0b2',
    '1.0b2.post345.dev456',
    '1.0b2.post345',
    '1.0rc1.dev456',
    '1.0rc1',
    '=1.0-c1',
    '1.0',
    '=1',
    '1.0+abc.5',
    '1.0+abc.7',
    '1.0+5',
    '=1.0+05',
    '1.0+12345678901234567890',
    '1.0+12345678901234567891',
    '1.0.post456.dev34',
    '1.0.post456',
    '=1.0-456',
    '1.0.15',
    '1.1.dev1',
    '1!0.1',
  ]);
});

test('pep440: what is a version', () => {
  const refused = ['', '2004d', '1.0-foo', '1..0', '1.0+', '1.0+a..b', 'latest', '1.0.x', '1'.repeat(20), '1.0\0'];
  assert.deepEqual(refused.filter(pep440.valid), []);
});

test('pep440: agrees with Python packaging on generated pairs', (t) => {
  const asked = pairs(versions, pep440.valid, 3000);
  const script = `
import sys
try:
  from packaging.version import Version
except ImportError:
  from pip._vendor.packaging.version import Version
for line in sys.stdin:
  a, b = map(Version, line.split())
  print((a > b) - (a < b))
`;
  const answers = askOracle(process.env['KVITTO_PYTHON'] ?? 'python3', ['-c', script], asked);
  if (answers === null) return t.skip('python3 with packaging not installed: apt-get install python3-packaging');
  assert.deepEqual(disagreements(pep440, asked, answers), []);
});
