import assert from 'node:assert/strict';
import test from 'node:test';
import { rpm } from './rpm.ts';
import { askOracle, assertAscending, assertTotalOrder, disagreements } from './testing/order.ts';
import { pairs, pieces } from './testing/pairs.ts';

const versions = pieces(
  ['0', '1', '2', '10', '00', '9', '.', '-', '~', '+', 'a', 'b', 'rc', '1:', '0:', 'Z', '^', '_', 'el8'],
  1,
  9,
);

test('rpm: a total order', () => {
  // Versions with and without release do not mix in one order: rpm compares the release only where it was given.
  assertTotalOrder(
    rpm,
    versions.map((v) => `${v}-1`),
  );
});

test('rpm: the order of rpm-version(7)', () => {
  assertAscending(rpm, [
    '1.0~rc1-1.el9',
    '1.0-1.el9',
    '=0:1.0-1.el9',
    '1.0-1.el9_2',
    '1.0-2.el9',
    '1.0^20230101-1.el9',
    '1.0a-1.el9',
    '1.0.1-1.el9',
    '1.10-1.el9',
    '1:0.1.15-2.git2d0b8a3.module_el8.4.0+2496+12421f43',
    '1:0.1.15-2.git2d0b8a3.module_el8.5.0+119+9a9ec082',
  ]);
});

test('rpm: what is a version', () => {
  const accepted = ['1', '1:2-3', '1.0^a~b_c+d-1.el8'];
  const refused = ['', ':1', 'a:1', '1:', '1-', '-1', '1 2', '1\n', '1:2:3', '1:-2', 'é'];
  assert.deepEqual(accepted.filter(rpm.valid), accepted);
  assert.deepEqual(refused.filter(rpm.valid), []);
});

test('rpm: agrees with rpm.vercmp on generated pairs', (t) => {
  const asked = pairs(versions, rpm.valid, 5000);
  const script =
    '%{lua: for l in io.lines() do local a, b = l:match("(%S+) (%S+)") print(rpm.vercmp(a, b) .. "\\n") end}';
  const answers = askOracle('rpm', ['--eval', script], asked);
  if (answers === null) return t.skip('rpm not installed: apt-get install rpm');
  assert.deepEqual(disagreements(rpm, asked, answers), []);
});
