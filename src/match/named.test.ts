// What is worked out once for a name must be what working it out for each version gives.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { match } from './match.ts';
import { advisory, facts, memoryStore, range } from './testing/memory-store.ts';

const version = fc.constantFrom('1.0.0', '1.5.0', '2.0.0', '2.5.0', '3.0.0');
const severity = fc.constantFrom('critical', 'low', 'unknown').map((level) => ({
  source: level === 'low' ? 'NVD' : 'GHSA',
  level: level as 'critical',
  score: null,
  vector: null,
}));
const affected = fc
  .tuple(fc.constantFrom('0', '1.5.0', '2.0.0'), fc.option(version), fc.array(severity, { maxLength: 2 }))
  .map(([from, fixed, stated]) => ({
    ...range('SEMVER', `introduced ${from}`, ...(fixed === null ? [] : [`fixed ${fixed}`])),
    severity: stated,
  }));
const record = fc.record({
  number: fc.integer({ min: 1, max: 6 }),
  aliases: fc.uniqueArray(fc.constantFrom('CVE-2024-1', 'CVE-2024-2', 'CVE-2024-3', 'CVE-2024-4'), { maxLength: 2 }),
  withdrawn: fc.constantFrom(null, null, null, '2026-01-01T00:00:00Z'),
  summary: fc.constantFrom('', 'A flaw'),
  entry: affected,
});

test('a record that stands alone says the same as one that is joined with others', () => {
  let [found, alone] = [0, 0];
  const check = fc.property(fc.uniqueArray(record, { maxLength: 4, selector: (r) => r.number }), (parts) => {
    const records = parts.map(({ number, entry, ...rest }) =>
      advisory(`GHSA-${number}`, { ...rest, affected: [entry] }),
    );
    // Two entries that no version meets: enough for nothing of the name to be taken as standing alone.
    const never = range('SEMVER', 'introduced 9.0.0');
    const other = advisory('GHSA-9', { affected: [never, never] });
    const known = [facts('CVE-2024-1', { summary: 'As NVD has it' })];
    const purls = ['1.0.0', '1.5.0', '2.0.0', '2.5.0'].map((v) => ({ purl: `pkg:npm/a@${v}` }));
    const quick = match(purls, memoryStore({ 'npm a': records }, known));
    assert.deepEqual(quick, match(purls, memoryStore({ 'npm a': [...records, other] }, known)));
    const each = purls.flatMap((p) => match([p], memoryStore({ 'npm a': records }, known)).matches);
    assert.deepEqual(quick.matches, each);
    found += quick.matches.length;
    if (new Set(parts.flatMap((p) => p.aliases)).size === parts.flatMap((p) => p.aliases).length) alone += 1;
  });
  fc.assert(check, { numRuns: 300 });
  assert.ok(found > 100 && alone > 20, `${found} ${alone}`);
});
