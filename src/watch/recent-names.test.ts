import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Advisory, AdvisoryStore } from '../model/advisory.ts';
import { withRecentNames } from './recent-names.ts';

function countingStore(sizes: Readonly<Record<string, number>>) {
  const asked: string[] = [];
  const store = {
    snapshot: { digest: 'sha256:', feeds: [] },
    covers: (ecosystem) => ecosystem === 'npm',
    byName(ecosystem, name) {
      asked.push(`${ecosystem} ${name}`);
      return Array.from({ length: sizes[name] ?? 0 }, (_, i) => ({ id: `${ecosystem}-${name}-${i}` }) as Advisory);
    },
    facts: () => null,
    epssOf: (ids) => new Map([...ids].map((id) => [id, { probability: 0.5, percentile: 0.9 }])),
    fingerprint: (ecosystem, name) => `${ecosystem} ${name}`,
    factsFingerprint: (id) => id,
    close: () => asked.push('close'),
  } satisfies AdvisoryStore;
  return { store, asked };
}

test('a name is read once while it is at hand, and the oldest goes first', () => {
  const { store, asked } = countingStore({ a: 600, b: 300, c: 300, huge: 9_000 });
  const recent = withRecentNames(store);
  const ids = (name: string) => recent.byName('npm', name).map((r) => r.id);
  for (const name of ['a', 'a', 'b', 'a', 'c', 'b', 'a', 'huge', 'huge', 'c', 'none', 'none']) {
    assert.deepEqual(
      ids(name),
      store.byName('npm', name).map((r) => r.id),
    );
    asked.pop();
  }
  assert.deepEqual(asked, ['npm a', 'npm b', 'npm c', 'npm a', 'npm huge', 'npm c', 'npm none']);
  assert.deepEqual(recent.byName('Go', 'a').length, 600);
  assert.equal(asked.at(-1), 'Go a');
});

test('all else is what the store says', () => {
  const { store, asked } = countingStore({});
  const recent = withRecentNames(store);
  assert.deepEqual(
    [recent.snapshot, recent.covers('npm'), recent.covers('Go'), recent.facts('CVE-2024-1')],
    [store.snapshot, true, false, null],
  );
  assert.deepEqual(recent.epssOf(['CVE-2024-1']), store.epssOf(['CVE-2024-1']));
  assert.deepEqual([recent.fingerprint('npm', 'a'), recent.factsFingerprint('CVE-2024-1')], ['npm a', 'CVE-2024-1']);
  recent.close();
  assert.deepEqual(asked, ['close']);
});
