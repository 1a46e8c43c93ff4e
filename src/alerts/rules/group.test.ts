import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { severityLevels } from '../../model/advisory.ts';
import { type ChangeEvent, changeKinds } from '../../model/event.ts';
import { openRule } from '../config/default-rules.ts';
import { addChange, type Group, merge, mostListed, newGroup, threadOf } from './group.ts';
import { fits } from './patterns.ts';

const rule = { ...openRule, name: 'r' };

function change(entry: number, place: number, more: Partial<ChangeEvent>): ChangeEvent {
  return {
    ...{ type: 'change', id: `x-${entry}-${place}`, at: '', entry, place, actor: '', message: '', state: 'began' },
    ...{ service: 'shop', environment: 'prod', subject: 's', vulnerability: null, component: null, artifact: null },
    ...{
      artifacts: 1,
      deployments: 1,
      deployment: null,
      containers: null,
      owner: null,
      since: null,
      before: null,
      after: null,
    },
    ...{ change: 'new', detail: {} },
    ...more,
  };
}

const changes = fc
  .array(
    fc.record({
      change: fc.constantFrom(...changeKinds),
      severity: fc.constantFrom(...severityLevels),
      score: fc.option(fc.integer({ min: 0, max: 100 }).map((n) => n / 10)),
      exploited: fc.boolean(),
    }),
    { maxLength: 300 },
  )
  .map((list) =>
    list.map(({ change: kind, ...state }, i) =>
      change(i, i % 3, { change: kind, after: { ...state, fixedIn: null, advisories: [] } }),
    ),
  );

function groupOf(list: readonly ChangeEvent[]): Group {
  const group = newGroup(rule, change(0, 0, {}));
  for (const one of list) addChange(group, one);
  return group;
}

test('a group counts all and lists the worst, whatever came first and in however many parts', () => {
  fc.assert(
    fc.property(changes, fc.nat(300), (list, cut) => {
      const whole = groupOf(list);
      const [first, second] = [groupOf(list.slice(cut).reverse()), groupOf(list.slice(0, cut))];
      merge(first, second);
      assert.deepEqual(first, whole);
      assert.equal(whole.total, list.length);
      assert.equal(whole.changes.length, Math.min(list.length, mostListed));
      const rank = (c: ChangeEvent) =>
        (c.after?.exploited === true ? 0 : 10) + severityLevels.indexOf(c.after?.severity ?? 'unknown');
      const ranks = list.map(rank).sort((x, y) => x - y);
      assert.deepEqual(whole.changes.map(rank), ranks.slice(0, mostListed));
    }),
    { numRuns: 50 },
  );
});

test('a thread is the same for the same rule and place, and for the vulnerability where the rule asks for it', () => {
  const named = { id: 'CVE-1', aliases: [], published: null, summary: '', ratedBy: null, vector: null };
  const vulnerability = { ...named, exploitation: [], epss: null };
  const one = change(1, 0, { vulnerability });
  const other = change(2, 0, { vulnerability: { ...vulnerability, id: 'CVE-2' } });
  assert.equal(threadOf(rule, one), threadOf(rule, other));
  assert.match(threadOf(rule, one), /^[0-9a-f]{16}$/);
  const each = { ...rule, by: 'vulnerability' as const };
  const threads = [
    threadOf(rule, one),
    threadOf(each, one),
    threadOf(each, other),
    threadOf(each, change(1, 0, {})),
    threadOf({ ...rule, name: 's' }, one),
    threadOf(rule, { ...one, service: 'till' }),
    threadOf(rule, { ...one, environment: null }),
  ];
  assert.equal(new Set(threads).size, threads.length);
});

test('patterns: what a regular expression says, and no slower for the worst of them', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.'), maxLength: 8 });
  fc.assert(
    fc.property(letters, letters, (pattern, name) => {
      const source = pattern.split('*').map((part) => part.replaceAll('.', '\\.'));
      assert.equal(fits(pattern, name), new RegExp(`^${source.join('.*')}$`).test(name));
    }),
    { numRuns: 1000 },
  );
  assert.equal(fits(`${'a*'.repeat(128)}b`, 'a'.repeat(128)), false);
});
