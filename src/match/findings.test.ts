import assert from 'node:assert/strict';
import test from 'node:test';
import { findingsOf } from './findings.ts';
import { match } from './match.ts';
import { advisory, memoryStore, range } from './testing/memory-store.ts';

test('findings: a match with where its component lies', () => {
  const store = memoryStore({ 'npm a': [advisory('GHSA-1', { affected: [range('SEMVER', 'introduced 0')] })] });
  const locations = [{ path: 'app/package-lock.json', layer: null }];
  const component = { purl: 'pkg:npm/a@1.0.0', direct: false, locations };
  const { matches } = match([component], store);
  assert.equal(matches.length, 1);
  assert.deepEqual(findingsOf(matches, [component]), [{ ...matches[0], direct: false, locations, excepted: null }]);
  assert.deepEqual(findingsOf(matches, []), [{ ...matches[0], direct: null, locations: [], excepted: null }]);
});
