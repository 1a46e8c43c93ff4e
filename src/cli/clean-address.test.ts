import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CodedError } from '../model/errors.ts';
import { changeOf, cleanAddress } from './clean-address.ts';

const token = ['eyJhbGciOiJub25l', 'eyJzdWIiOiJraW0i', ''].join('.');

test('user, password and secrets go; what names the place stays', () => {
  const cases: [string, string | null][] = [
    ['https://git.example/a/b', 'https://git.example/a/b'],
    ['  https://git.example/a  ', 'https://git.example/a'],
    ['https://kim:word@git.example/a', 'https://git.example/a'],
    ['https://git.example/a?id=7&private_token=x&buildId=3', 'https://git.example/a?id=7&buildId=3'],
    ['https://git.example/a?X-Amz-Credential=x&X-Amz-Date=1', 'https://git.example/a'],
    ['https://git.example/a#L10', 'https://git.example/a#L10'],
    ['https://git.example/a#access_token=x', 'https://git.example/a'],
    [`https://git.example/a?q=${token}x`, 'https://git.example/a'],
    [`https://git.example/${token}x`, null],
    ['git+ssh://git@git.example/a.git#0a1b', 'git+ssh://git.example/a.git#0a1b'],
    ['javascript:alert(1)', null],
    ['file:///etc/passwd', null],
    ['ftp://git.example/a', null],
    ['not an address', null],
    ['', null],
    [`https://git.example/${'a'.repeat(2000)}`, null],
    [`https://git.example/${'a'.repeat(1_000_000)}`, null],
  ];
  for (const [given, expected] of cases) assert.equal(cleanAddress(given), expected, given.slice(0, 80));
});

test('whatever is given: no user, no password, not too long, clean already when cleaned again', () => {
  fc.assert(
    fc.property(fc.oneof(fc.webUrl({ withQueryParameters: true, withFragments: true }), fc.string()), (text) => {
      const clean = cleanAddress(text);
      if (clean === null) return;
      const { username, password } = new URL(clean);
      assert.deepEqual([username, password, clean.length <= 1000, cleanAddress(clean)], ['', '', true, clean]);
    }),
  );
});

test('a change is an address or the key of a ticket', () => {
  assert.equal(changeOf('https://u:p@git.example/a'), 'https://git.example/a');
  assert.equal(changeOf('OPS-1234'), 'OPS-1234');
  assert.equal(changeOf('#17'), '#17');
  for (const wrong of ['', 'two words', 'javascript:alert(1)', '<b>', 'a'.repeat(300), '\u001b[2J', '-x']) {
    assert.throws(
      () => changeOf(wrong),
      (e) => e instanceof CodedError && e.code === 'usage',
      wrong,
    );
  }
});
