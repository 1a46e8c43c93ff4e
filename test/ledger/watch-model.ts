// Random stores, recordings and rescans: after each, what is known equals what `match` says of everything.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { match } from '../../src/match/match.ts';
import { advisory, range } from '../../src/match/testing/memory-store.ts';
import type { Advisory, AdvisoryStore } from '../../src/model/advisory.ts';
import type { Match } from '../../src/model/finding.ts';
import { rescan } from '../../src/watch/rescan.ts';
import { dayOf, factsOf, type SmallLedger, type SmallStore, smallStore } from '../../src/watch/testing/small-ledger.ts';

const ecosystems = { npm: 'npm', PyPI: 'pypi' } as const;
type Ecosystem = keyof typeof ecosystems;
const names = ['a', 'b', 'c'] as const;

/** A vulnerability `n` is CVE-2026-000n and GHSA-n: a record knows one of the names or both, so that they can be told to be one. */
const record = fc.record({
  n: fc.integer({ min: 1, max: 3 }),
  named: fc.constantFrom('ghsa', 'both'),
  fixed: fc.constantFrom('2.0.0', '3.0.0'),
  withdrawn: fc.boolean(),
});

function advisoryOf({ n, named, fixed, withdrawn }: RecordGiven): Advisory {
  return advisory(`GHSA-aaaa-aaaa-aaa${n}`, {
    aliases: named === 'both' ? [`CVE-2026-000${n}`] : [],
    affected: [range('SEMVER', 'introduced 0', `fixed ${fixed}`)],
    withdrawn: withdrawn ? '2026-01-01T00:00:00Z' : null,
  });
}
interface RecordGiven {
  readonly n: number;
  readonly named: 'ghsa' | 'both';
  readonly fixed: string;
  readonly withdrawn: boolean;
}

const feed = fc.option(
  fc.record(
    Object.fromEntries(names.map((name) => [name, fc.uniqueArray(record, { maxLength: 3, selector: (r) => r.n })])),
  ),
  { freq: 4 },
);
const storeGiven = fc.record({
  npm: feed,
  PyPI: feed,
  facts: fc.array(
    fc.record({ n: fc.integer({ min: 1, max: 3 }), score: fc.constantFrom(5, 9), exploited: fc.boolean() }),
    {
      maxLength: 3,
    },
  ),
});
const purl = fc
  .tuple(fc.constantFrom<Ecosystem>('npm', 'PyPI'), fc.constantFrom(...names), fc.integer({ min: 1, max: 3 }))
  .map(([ecosystem, name, n]) => ({ ecosystem, purl: `pkg:${ecosystems[ecosystem]}/${name}@${n}.0.0` }));
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('rescan' as const), store: storeGiven }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('record' as const),
      artifact: fc.constantFrom('one', 'two', 'three'),
      purls: fc.array(purl, { minLength: 1, maxLength: 4 }),
      store: fc.constantFrom('last' as const, 'none' as const, 'next' as const),
      next: storeGiven,
    }),
  },
);

/** Sequences of stores, each newer than the one before, and of recordings under the last one, the next one, or none. */
export const steps = fc.array(step, { minLength: 1, maxLength: 9 });
type Steps = typeof steps extends fc.Arbitrary<infer T> ? T : never;

function storeOf(
  day: number,
  given: { npm: unknown; PyPI: unknown; facts: readonly { n: number; score: number; exploited: boolean }[] },
) {
  const osv: Record<string, Record<string, Advisory[]>> = {};
  for (const ecosystem of Object.keys(ecosystems) as Ecosystem[]) {
    const held = given[ecosystem] as Record<string, RecordGiven[]> | null;
    if (held === null) continue;
    osv[ecosystem] = Object.fromEntries(Object.entries(held).map(([name, list]) => [name, list.map(advisoryOf)]));
  }
  const facts = new Map(given.facts.map((f) => [f.n, factsOf(`CVE-2026-000${f.n}`, f.score, f.exploited)]));
  const content: SmallStore = { asOf: new Date(dayOf(day)).toISOString(), osv, facts: [...facts.values()] };
  return smallStore(content);
}

/** A line as `SmallLedger.known` writes it, without the age. */
function lineOf(m: Match): string {
  const severity = `${m.severity.level} ${m.severity.score ?? '-'}`;
  const form = `${severity}${m.exploitation.length > 0 ? ' exploited' : ''} <${m.fixedIn ?? ''} [${m.advisories.join(' ')}]`;
  return `${m.component} ${m.id} ${form}`;
}

const withoutAge = (line: string) => line.replace(/ day \d+$/, '');
const ageOf = (line: string) => Number(/ day (\d+)$/.exec(line)?.[1]);
/** Component and number of the vulnerability, whichever of its names it goes by. */
const identity = (line: string) => line.replace(/^(\S+) \S*?(\d) .*$/, '$1 $2');
const componentOf = (line: string) => line.split(' ')[0] ?? '';
/** What does not come from the feeds of facts. */
const ofRecords = (line: string) => line.replace(/^(\S+ \S+) .*( <.*)$/, '$1$2');

/** Runs steps on a ledger, and holds it against a plain reading after each, and at the end for each moment before. */
export async function followSteps(small: SmallLedger, given: Steps): Promise<void> {
  let last: AdvisoryStore | null = null;
  let before: string[] = [];
  const ever = new Set<string>();
  const moments: { readonly at: number; readonly known: readonly string[] }[] = [];
  for (const [at, each] of given.entries()) {
    const day = at + 1;
    small.now = dayOf(day);
    const told = (of: AdvisoryStore, purls: readonly string[]) =>
      match(
        purls.map((p) => ({ purl: p })),
        of,
      ).matches.map(lineOf);
    const covered = (of: AdvisoryStore, p: string) => of.covers(p.startsWith('pkg:npm/') ? 'npm' : 'PyPI');
    let expected: string[] | null = null;
    if (each.kind === 'rescan') {
      const store = storeOf(day, each.store);
      await rescan(small.ledger, store, 'watch');
      last = store;
      const kept = before.map(withoutAge).filter((line) => !covered(store, componentOf(line)));
      expected = [
        ...told(
          store,
          [...ever].filter((p) => covered(store, p)),
        ),
        ...kept,
      ].sort();
    } else {
      const purls = each.purls.map((p) => p.purl);
      const store: AdvisoryStore | null =
        each.store === 'none' ? null : each.store === 'last' ? last : storeOf(day, each.next);
      await small.record(each.artifact, purls, store);
      if (each.store === 'next') last = store;
      for (const p of purls) ever.add(p);
      const known = await small.known();
      if (store === null) expected = before.map(withoutAge);
      else {
        // Of the artifact, all that the records say; severities of others wait for the next rescan.
        const own: Set<string> = new Set(purls.filter((p) => covered(store, p)));
        const of = (lines: readonly string[]) =>
          lines
            .filter((l) => own.has(componentOf(l)))
            .map(ofRecords)
            .sort();
        assert.deepEqual(of(known.map(withoutAge)), of(told(store, [...own])));
        const dark = (lines: readonly string[]): string[] => lines.filter((l) => !covered(store, componentOf(l)));
        assert.deepEqual(dark(known), dark(before));
      }
    }
    const known = await small.known();
    if (expected !== null) assert.deepEqual(known.map(withoutAge).sort(), expected);
    assert.equal(new Set(known.map(identity)).size, known.length, 'one vulnerability is open twice');
    const ages = new Map(before.map((line) => [identity(line), ageOf(line)]));
    assert.deepEqual(
      known.map(ageOf),
      known.map((line) => ages.get(identity(line)) ?? day),
    );
    moments.push({ at: small.now, known });
    before = known;
  }
  for (const { at, known } of moments) assert.deepEqual(await small.known(at), known);
}
