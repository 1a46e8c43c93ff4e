import assert from 'node:assert/strict';
import test from 'node:test';
import { apk } from './apk.ts';
import { assertAscending, assertTotalOrder } from './testing/order.ts';
import { pieces } from './testing/pairs.ts';

const versions = pieces(
  [
    '0',
    '1',
    '2',
    '10',
    '00',
    '01',
    '.',
    '.',
    'a',
    'b',
    '_alpha',
    '_beta',
    '_pre',
    '_rc',
    '_p',
    '_git',
    '~1f',
    '-r0',
    '-r1',
  ],
  1,
  7,
);

test('apk: a total order', () => assertTotalOrder(apk, versions));

test('apk: suffixes, letters and revisions', () => {
  assertAscending(apk, [
    '0.9',
    '1.0_alpha',
    '1.0_alpha1',
    '1.0_alpha2-r3',
    '1.0_beta',
    '1.0_beta_p1',
    '1.0_pre20230101',
    '1.0_rc1',
    '1.0_rc1-r1',
    '1.0_rc2',
    '1.0_rc10',
    '1.0',
    '1.0-r0',
    '=1.0-r00',
    '1.0-r1',
    '1.0-r2',
    '1.0-r10',
    '1.0~0a',
    '1.0~0b',
    '1.0_cvs1',
    '1.0_svn1',
    '1.0_git20230101',
    '1.0_git20230101-r1',
    '1.0_git20230101_p1',
    '1.0_hg1',
    '1.0_p1',
    '1.0_p1-r1',
    '1.0_p2',
    '1.0a',
    '1.0a-r1',
    '1.0a_p1',
    '1.0b',
    '1.0.0',
    '1.0.1',
    '1.1',
    '1.2',
    '1.10',
    '1.10.0',
    '2',
    '010',
    '20230101',
  ]);
});

test('apk: a part with a leading zero compares as text', () => {
  assertAscending(apk, ['1.0', '1.001', '1.01', '1.010', '1.02', '1.0999', '1.1', '1.9', '1.10']);
});

test('apk: what is a version', () => {
  const accepted = ['1', '1.2.3a_alpha1_p2~0123abcdef-r12', '1a', '1_p', '00', '1.1.1.1.1.1'];
  const refused = [
    '',
    'a',
    '.1',
    '1.',
    '1..2',
    '1ab',
    '1_',
    '1_foo',
    '1_none',
    '1_P1',
    '1-1',
    '1-r',
    '1-r1-r2',
    '1~',
    '1~g',
  ].concat(['1-r1_p1', '1~1~1', '1a.1', '1_p1.2', '1 2', '1\n', '1.0-r1a', '1A']);
  assert.deepEqual(accepted.filter(apk.valid), accepted);
  assert.deepEqual(refused.filter(apk.valid), []);
});
