import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageProblems, holdsBack, standingProblems, standingTo } from './standing.ts';

const feed = (id: string, asOf: string) => ({ id, asOf, digest: 'sha256:', records: 1, badRecords: 0 });
const newest = [
  { id: 'nvd', asOf: '2026-01-02T00:00:00Z' },
  { id: 'osv/Debian', asOf: '2026-01-02T00:00:00Z' },
  { id: 'osv/npm', asOf: '2026-01-02T00:00:00Z' },
];

test('a store that is as new, or newer, may change everything', () => {
  assert.deepEqual(
    standingTo(
      newest,
      newest.map(({ id, asOf }) => feed(id, asOf)),
    ),
    { newest, behind: [], unfit: null },
  );
  const later = newest.map(({ id }) => feed(id, '2026-01-02T01:00:00+00:30'));
  const standing = standingTo(newest, later);
  assert.deepEqual(
    [standing.behind, standing.unfit, standing.newest.map((f) => f.asOf)],
    [[], null, later.map((f) => f.asOf)],
  );
});

test('the first store is not held against anything', () => {
  assert.deepEqual(standingTo([], [feed('osv/npm', 'yesterday')]).unfit, null);
});

test('a feed that is missing is behind, and holds nothing back where it is of an ecosystem', () => {
  const standing = standingTo(newest, [feed('nvd', '2026-01-03T00:00:00Z'), feed('osv/npm', '2026-01-03T00:00:00Z')]);
  assert.deepEqual(standing.behind, [{ id: 'osv/Debian', newest: '2026-01-02T00:00:00Z', has: null }]);
  assert.deepEqual(
    [standing.unfit, holdsBack(standing, 'Debian:12'), holdsBack(standing, 'npm'), standingProblems(standing)],
    [null, false, false, []],
  );
});

test('one older feed among newer ones holds back its ecosystem; a time that cannot be read is older', () => {
  for (const asOf of ['2026-01-01T00:00:00Z', 'tomorrow']) {
    const standing = standingTo(newest, [
      feed('nvd', '2026-01-03T00:00:00Z'),
      feed('osv/Debian', asOf),
      feed('osv/npm', '2026-01-02T00:00:00Z'),
    ]);
    assert.deepEqual(
      [standing.unfit, holdsBack(standing, 'Debian:12'), holdsBack(standing, 'npm')],
      [null, true, false],
    );
    assert.deepEqual(
      standingProblems(standing).map((p) => [p.code, p.where]),
      [['store-stale', 'osv/Debian']],
    );
  }
});

test('nothing newer and something older, or NVD older: nothing may be changed', () => {
  const [, debian, npm] = newest.map(({ id }) => feed(id, '2026-01-03T00:00:00Z'));
  assert.ok(debian && npm);
  const old = newest.map(({ id, asOf }) => feed(id, id === 'osv/npm' ? '2026-01-01T00:00:00Z' : asOf));
  assert.equal(standingTo(newest, old).unfit, 'osv/npm 2026-01-01 instead of 2026-01-02');
  assert.equal(standingTo(newest, [debian, npm]).unfit, 'nvd missing instead of 2026-01-02');
  const standing = standingTo(newest, [feed('nvd', '2026-01-01T00:00:00Z'), debian, npm]);
  assert.equal(standing.unfit, 'nvd 2026-01-01 instead of 2026-01-02');
  assert.equal(holdsBack(standing, 'npm'), true);
});

test('feeds that are old, or say nothing of their age, are told', () => {
  const now = Date.parse('2026-01-10T00:00:00Z');
  const feeds = [feed('a', '2026-01-09T00:00:00Z'), feed('b', '2026-01-01T00:00:00Z'), feed('c', 'never')];
  assert.deepEqual(ageProblems(feeds, 5 * 86_400_000, now), [
    { code: 'store-stale', where: 'b', message: 'was last confirmed on 2026-01-01; run: kvitto db update' },
    { code: 'store-stale', where: 'c', message: 'was last confirmed on never; run: kvitto db update' },
  ]);
});
