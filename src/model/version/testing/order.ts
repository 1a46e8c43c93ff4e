import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import type { VersionScheme } from '../scheme.ts';
import { sign } from './pairs.ts';

/**
 * Holds for every version order: reflexive, antisymmetric and transitive, and `valid` never throws. Some hundred generated versions are
 * sorted; then every pair of them must stand as it was sorted, either way round, and equal ones must compare alike with all others.
 */
export function assertTotalOrder(scheme: VersionScheme, versions: fc.Arbitrary<string>): void {
  const sample = fc.sample(versions, { numRuns: 2000, seed: 7 }).filter((v) => scheme.valid(v));
  const sorted = [...new Set(sample)].slice(0, 120).sort(scheme.compare);
  assert.ok(sorted.length > 50, `${sorted.length} versions`);
  for (const [i, a] of sorted.entries()) {
    assert.equal(scheme.compare(a, a), 0, a);
    const next = sorted[i + 1] ?? a;
    const equal = scheme.compare(a, next) === 0;
    for (const [j, b] of sorted.entries()) {
      const order = sign(scheme.compare(a, b));
      assert.ok(i === j || (i < j ? order <= 0 : order >= 0), `${a} ${b}`);
      assert.equal(sign(scheme.compare(b, a)) + order, 0, `${a} ${b}`);
      if (equal) assert.equal(sign(scheme.compare(next, b)), order, `${a} = ${next}, ${b}`);
    }
  }
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      assert.equal(typeof scheme.valid(text), 'boolean');
    }),
  );
  assert.equal(scheme.valid(''), false);
  assert.equal(scheme.valid(`1${'.1'.repeat(100_000)}`), false);
}

/** Whether each text stands before the next; `=` before a text means that both are equal. */
export function assertAscending(scheme: VersionScheme, versions: readonly string[]): void {
  let last = '';
  for (const entry of versions) {
    const equal = entry.startsWith('=');
    const version = equal ? entry.slice(1) : entry;
    assert.ok(scheme.valid(version), version);
    if (last !== '') assert.equal(sign(scheme.compare(last, version)), equal ? 0 : -1, `${last} ${version}`);
    last = version;
  }
}

/**
 * Runs a reference tool once over all pairs, one `a b` a line, and returns the signs that it prints, one a line;
 * null where the tool is not there.
 */
export function askOracle(
  command: string,
  args: readonly string[],
  input: readonly (readonly [string, string])[],
): number[] | null {
  const run = spawnSync(command, args, {
    input: `${input.map((pair) => pair.join(' ')).join('\n')}\n`,
    timeout: 60_000,
    encoding: 'utf8',
  });
  if (run.error !== undefined || run.status !== 0) return null;
  return run.stdout.trim().split(/\s+/).map(Number);
}

/** Every pair for which the scheme and the reference tool differ. */
export function disagreements(
  scheme: VersionScheme,
  input: readonly (readonly [string, string])[],
  answers: readonly number[],
): string[] {
  assert.equal(answers.length, input.length);
  return input
    .map(([a, b], i) => ({ a, b, ours: sign(scheme.compare(a, b)), theirs: sign(answers[i] ?? Number.NaN) }))
    .filter(({ ours, theirs }) => ours !== theirs)
    .map(({ a, b, ours, theirs }) => `${a} ${b}: ${ours}, the reference says ${theirs}`);
}
