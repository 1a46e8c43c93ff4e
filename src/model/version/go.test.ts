import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { go, goToSemver } from './go.ts';
import { assertAscending, assertTotalOrder, disagreements } from './testing/order.ts';
import { pieces } from './testing/pairs.ts';

test('go: a total order', () => {
  assertTotalOrder(
    go,
    pieces(['v1', '1', '.0', '.1', '.10', '-rc.1', '-0.2023', '+incompatible', 'rc1', 'go1', 'beta2'], 1, 6),
  );
});

test('go: pseudo-versions, incompatible ones and releases of Go', () => {
  assertAscending(go, [
    'v0.0.0-20190101000000-abcdefabcdef',
    'v0.0.0-20230101120000-abcdefabcdef',
    'v1.2.3-0.20230101120000-abcdefabcdef',
    'v1.2.3-rc.1',
    'v1.2.3-rc.1.0.20230101120000-abcdefabcdef',
    'v1.2.3',
    'v1.2.4-0.20230101120000-abcdefabcdef',
    'go1.20.14',
    '1.21beta1',
    '=1.21.0-beta.1',
    'go1.21rc2',
    '=1.21.0-rc.2',
    '1.21.0-rc.10',
    '1.21',
    '=go1.21.0',
    '1.21.1',
    'v2.0.0+incompatible',
    '=2.0.0',
  ]);
});

test('go: what is a version', () => {
  const refused = ['', '(devel)', 'devel', 'v1.2.3.4', 'master', 'go', '1.21rc', 'rc1', '1.22.1 X:boringcrypto'];
  assert.deepEqual(refused.filter(go.valid), []);
  assert.equal(goToSemver('go1.9.2rc2'), '1.9.2-rc.2');
});

test('go: agrees with golang.org/x/mod/semver', () => {
  const rows = readFileSync(new URL('testdata/go-order.txt', import.meta.url), 'utf8')
    .trim()
    .split('\n');
  const asked = rows.map((row) => row.split(' ').slice(0, 2) as [string, string]);
  assert.deepEqual(
    disagreements(
      go,
      asked,
      rows.map((row) => Number(row.split(' ')[2])),
    ),
    [],
  );
  assert.equal(rows.length, 600);
});
