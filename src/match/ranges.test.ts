import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Affected, RangeEvent } from '../model/advisory.ts';
import { semver } from '../model/version/semver.ts';
import { evaluate, explainUnaffected, fixesOf, prepare } from './ranges.ts';
import { advisory, range } from './testing/memory-store.ts';

function outcome(version: string, affected: readonly Affected[], scheme: typeof semver | null = semver) {
  const result = evaluate(prepare(advisory('X-1', { affected }), scheme), version, scheme);
  return result.kind === 'affected' ? result.hits.map((h) => `${h.range} → ${h.fixed}`) : result;
}

const unaffected = { kind: 'unaffected' };

test('ranges: the examples of every event, one by one', () => {
  const rows: [string, readonly string[], string[] | null][] = [
    ['1.0.0', ['introduced 0'], ['>=0 → null']],
    ['1.0.0', ['introduced 0', 'fixed 1.0.1'], ['<1.0.1 → 1.0.1']],
    ['1.0.1', ['introduced 0', 'fixed 1.0.1'], null],
    ['0.9.0', ['introduced 1.0.0', 'fixed 1.0.1'], null],
    ['1.0.0', ['introduced 1.0.0', 'fixed 1.0.1'], ['>=1.0.0 <1.0.1 → 1.0.1']],
    ['1.0.0', ['introduced 0', 'last_affected 1.0.0'], ['<=1.0.0 → null']],
    ['1.0.1', ['introduced 0', 'last_affected 1.0.0'], null],
    ['1.0.0', ['introduced 1.0.0', 'last_affected 1.0.0'], ['=1.0.0 → null']],
    ['1.0.0', ['last_affected 1.0.0', 'introduced 1.0.0'], ['=1.0.0 → null']],
    ['1.0.1', ['last_affected 1.0.0', 'introduced 1.0.0'], null],
    // Several stretches, not in order.
    ['2.0.5', ['fixed 2.1.0', 'introduced 2.0.0', 'fixed 1.5.0', 'introduced 0'], ['>=2.0.0 <2.1.0 → 2.1.0']],
    ['1.7.0', ['fixed 2.1.0', 'introduced 2.0.0', 'fixed 1.5.0', 'introduced 0'], null],
    ['1.4.0', ['fixed 2.1.0', 'introduced 2.0.0', 'fixed 1.5.0', 'introduced 0'], ['<1.5.0 → 1.5.0']],
    ['2.1.0', ['introduced 0', 'fixed 1.5.0', 'introduced 2.0.0'], ['>=2.0.0 → null']],
    // Fixed, and at once broken again.
    ['1.2.0', ['introduced 0', 'fixed 1.2.0', 'introduced 1.2.0', 'fixed 1.3.0'], ['>=1.2.0 <1.3.0 → 1.3.0']],
    ['1.0.0', ['introduced 1.0.0', 'fixed 1.0.0'], null],
    ['1.1.0', ['introduced 1.0.0', 'fixed 1.0.0'], null],
    ['1.1.0', ['introduced 0', 'introduced 1.0.0', 'fixed 2.0.0'], ['<2.0.0 → 2.0.0']],
    ['1.1.0', ['introduced 0', 'limit 1.1.0'], null],
    ['1.0.9', ['introduced 0', 'limit 1.1.0'], ['>=0 (only before 1.1.0) → null']],
    ['1.1.0', ['introduced 0', 'limit *'], ['>=0 → null']],
    ['1.1.0', ['introduced 0', 'limit 1.0.0', 'limit 2.0.0'], ['>=0 (only before 1.0.0 or 2.0.0) → null']],
    ['1.0.0-rc.1', ['introduced 0.0.0-0', 'fixed 1.0.0'], ['>=0.0.0-0 <1.0.0 → 1.0.0']],
    ['1.0.0', ['fixed 1.5.0'], null],
  ];
  for (const [version, events, expected] of rows)
    assert.deepEqual(outcome(version, [range('SEMVER', ...events)]), expected ?? unaffected, `${version} ${events}`);
});

/** The algorithm of https://ossf.github.io/osv-schema/#evaluation, word by word, over whole numbers. */
function byTheLetter(version: number, events: readonly RangeEvent[]): boolean {
  const at = (e: RangeEvent): number => Number(Object.values(e)[0]);
  let vulnerable = false;
  for (const e of events.toSorted((a, b) => at(a) - at(b))) {
    if ('introduced' in e && version >= at(e)) vulnerable = true;
    if ('fixed' in e && version >= at(e)) vulnerable = false;
    if ('last_affected' in e && version > at(e)) vulnerable = false;
  }
  const limits = events.filter((e) => 'limit' in e);
  return vulnerable && (limits.length === 0 || limits.some((e) => version < at(e)));
}

test('ranges: as the specification evaluates, for any events', () => {
  const kinds = fc.constantFrom('introduced', 'fixed', 'last_affected', 'limit');
  // Versions that differ: for events of one version the specification gives no order.
  const events = fc
    .uniqueArray(fc.integer({ min: 0, max: 12 }), { minLength: 1, maxLength: 8 })
    .chain((versions) => fc.tuple(...versions.map((v) => kinds.map((k) => `${k} ${v}`))));
  fc.assert(
    fc.property(events, fc.integer({ min: 0, max: 13 }), (texts, version) => {
      const affected = range('SEMVER', ...texts);
      const expected = byTheLetter(version, affected.ranges[0]?.events ?? []);
      assert.equal(Array.isArray(outcome(`${version}`, [affected])), expected, `${version}: ${texts}`);
    }),
    { numRuns: 2000 },
  );
});

test('ranges: lists of versions, commits, and what cannot be compared', () => {
  const git = range('GIT', 'introduced 0', 'fixed deadbeef');
  const listed = (affected: Affected, ...versions: string[]): Affected => ({ ...affected, versions });
  const fixed = range('ECOSYSTEM', 'introduced 0', 'fixed 1.5.0');
  const always = range('ECOSYSTEM', 'introduced 0');
  const nothing: Affected = { ranges: [], versions: [], severity: [] };
  const undecidable = (why: string) => ({ kind: 'undecidable', why });

  assert.deepEqual(outcome('1.0.0', [git]), { kind: 'git-only' });
  assert.deepEqual(outcome('1.0.0', [listed(git, '1.0.0')]), ['=1.0.0 → null']);
  assert.deepEqual(outcome('1.0.1', [listed(git, '1.0.0')]), unaffected);
  assert.deepEqual(outcome('v1.0', [listed(git, 'nightly', '1.0.0')]), ['=v1.0 → null']);
  assert.deepEqual(outcome('v1.0', [listed(git, '1.0.0')], null), unaffected);
  assert.deepEqual(outcome('1.0.0', [git, fixed]), ['<1.5.0 → 1.5.0']);
  assert.deepEqual(outcome('1.6.0', [git, fixed]), unaffected);
  assert.deepEqual(outcome('1.6.0', [listed(fixed, '1.6.0')]), ['=1.6.0 → null']);
  assert.deepEqual(outcome('1.0.0', [fixed, fixed]), ['<1.5.0 → 1.5.0']);
  assert.deepEqual(outcome('1.0.0', [nothing]), unaffected);
  assert.deepEqual(outcome('1.0.0', []), unaffected);

  assert.deepEqual(outcome('(devel)', [always]), ['>=0 → null']);
  assert.deepEqual(
    outcome('(devel)', [fixed]),
    undecidable('"(devel)" is no version of the order that its range uses'),
  );
  assert.deepEqual(outcome('', [fixed]), undecidable('the component has no version'));
  assert.deepEqual(outcome('(devel)', [listed(fixed, '1.0.0')]), unaffected);
  assert.deepEqual(outcome('(devel)', [listed(fixed, '(devel)')]), ['=(devel) → null']);
  assert.deepEqual(outcome('(devel)', [fixed, always]), ['>=0 → null']);
  assert.deepEqual(
    outcome('1.0.0', [range('SEMVER', 'introduced 0', 'fixed ~')]),
    undecidable('its range ends at "~", which is no version'),
  );
  assert.deepEqual(outcome('1.0.0', [fixed], null), undecidable('the order of its versions is not known'));
  assert.deepEqual(outcome('1.0.0', [always], null), ['>=0 → null']);
  assert.deepEqual(outcome('1.0.0', [listed(fixed, '1.0.0')], null), ['=1.0.0 → null']);
  assert.deepEqual(outcome('1.0.1', [listed(fixed, '1.0.0')], null), unaffected);
});

test('ranges: every fix that a record names', () => {
  const prepared = prepare(
    advisory('X-1', {
      affected: [
        range('SEMVER', 'introduced 0', 'fixed 1.5.0', 'introduced 2.0.0', 'last_affected 2.3.0'),
        range('SEMVER', 'introduced 3.0.0', 'fixed 3.1.0'),
      ],
    }),
    semver,
  );
  assert.deepEqual(fixesOf(prepared), ['1.5.0', '3.1.0']);
});

test('ranges: why it is not affected', () => {
  const say = (version: string, ...affected: Affected[]) =>
    explainUnaffected(prepare(advisory('X-1', { affected }), semver), version, semver);
  const two = range('SEMVER', 'introduced 1.0.0', 'fixed 1.5.0', 'introduced 2.0.0', 'fixed 2.1.0');
  assert.equal(say('0.9.0', two), '0.9.0 is before 1.0.0');
  assert.equal(say('1.6.0', two), '1.6.0 is not below 1.5.0 and before 2.0.0');
  assert.equal(say('2.1.0', two), '2.1.0 is not below 2.1.0');
  assert.equal(say('2.1.0', range('SEMVER', 'introduced 0', 'last_affected 2.0.0')), '2.1.0 is not up to 2.0.0');
  assert.equal(say('2.1.0', range('SEMVER', 'introduced 0', 'limit 2.0.0')), '2.1.0 is beyond the limit of the range');
  assert.equal(
    say('2.1.0', { ranges: [], versions: ['1', '2'], severity: [] }),
    '2.1.0 is not one of the 2 versions listed',
  );
  assert.equal(say('2.1.0', { ranges: [], versions: [], severity: [] }), 'the record names no affected version');
});
