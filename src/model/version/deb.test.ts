import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';
import { deb } from './deb.ts';
import { askOracle, assertAscending, assertTotalOrder, disagreements } from './testing/order.ts';
import { pairs, pieces } from './testing/pairs.ts';

const versions = pieces(
  ['0', '1', '2', '10', '00', '9', '.', '-', '~', '+', 'a', 'b', 'rc', ':', 'Z', '+deb12u', '~~'],
  1,
  9,
);
/** Dpkg::Version is stricter than dpkg: the version behind the epoch must start with a digit. */
const strict = (v: string) => deb.valid(v) && /^\d/.test(v.slice(v.indexOf(':') + 1));

test('deb: a total order', () => assertTotalOrder(deb, versions));

test('deb: the order of deb-version(7)', () => {
  assertAscending(deb, [
    '1.0~~',
    '1.0~~a',
    '1.0~',
    '1.0~rc1-1',
    '1.0',
    '=0:1.0-0',
    '1.0-1~deb12u1',
    '1.0-1',
    '1.0-1+b1',
    '1.0-1+deb12u1',
    '=1.0-001+deb12u01',
    '1.0-1.1',
    '1.0a',
    '1.0+dfsg',
    '1.00.1',
    '1.10',
    '1:0.1',
    '10:0',
  ]);
});

test('deb: what is a version', () => {
  const accepted = ['1', '1:2-3', '1.0-1-2', '1:1:1', 'a1', '2147483647:1', '1:2:3-4'];
  const refused = [
    '',
    ':1',
    'a:1',
    '1:',
    '1-',
    '-1',
    '1.0-1_2',
    '1 2',
    '1.0\n',
    'é',
    '2147483648:1',
    '1:-1',
    '1.0-1:2',
  ];
  assert.deepEqual(accepted.filter(deb.valid), accepted);
  assert.deepEqual(refused.filter(deb.valid), []);
});

test('deb: agrees with Dpkg::Version on generated pairs', (t) => {
  const asked = pairs(versions, strict, 5000);
  const script = 'while (<STDIN>) { chomp; my ($x, $y) = split / /; print version_compare($x, $y), "\\n" }';
  const answers = askOracle('perl', ['-MDpkg::Version', '-e', script], asked);
  if (answers === null) return t.skip('Dpkg::Version not installed: apt-get install libdpkg-perl');
  assert.deepEqual(disagreements(deb, asked, answers), []);
});

test('deb: agrees with dpkg --compare-versions', (t) => {
  const asked = pairs(versions, deb.valid, 80);
  if (spawnSync('dpkg', ['--version']).status !== 0) return t.skip('dpkg not installed: apt-get install dpkg');
  const ask = (a: string, relation: string, b: string) =>
    spawnSync('dpkg', ['--compare-versions', '--', a, relation, b], { stdio: 'ignore' }).status === 0;
  const answers = asked.map(([a, b]) => (ask(a, 'lt', b) ? -1 : ask(a, 'gt', b) ? 1 : 0));
  assert.deepEqual(disagreements(deb, asked, answers), []);
});
