import type { AdvisoryStore, VulnerabilityFacts } from '../model/advisory.ts';
import { baseOf, type Lookup, lookupOf, nameOf } from '../model/ecosystem.ts';
import type { Dismissal, Match } from '../model/finding.ts';
import type { Component } from '../model/inventory.ts';
import { clip, type Problem, sortProblems } from '../model/problem.ts';
import { type Purl, parsePurl } from '../model/purl.ts';
import { type Assessment, assess } from './assess.ts';
import { BoundedCache } from './bounded-cache.ts';
import { Named } from './named.ts';
import { prepare } from './ranges.ts';

/** What an advisory store says about the components of an inventory. */
export interface Matched {
  /** Sorted by component, then id. */
  readonly matches: readonly Match[];
  /** Looked up and not affected; empty unless asked for. Sorted by component, then advisory. */
  readonly dismissals: readonly Dismissal[];
  readonly problems: readonly Problem[];
  /** Ecosystems, without release, that the components were looked up in; sorted. The feeds that the answer rests on. */
  readonly ecosystems: readonly string[];
}

/** Bounds of what is kept during a run, counted in advisories, matches and ids. */
const keptAdvisories = 20_000;
const keptAssessments = 100_000;
const keptFacts = 50_000;

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What was not assessed, counted. */
class Gaps {
  readonly #unsupported = new Map<string, number>();
  readonly #notInStore = new Map<string, number>();
  readonly problems: Problem[] = [];

  unsupported(purl: Purl): void {
    const distro = purl.qualifiers['distro'];
    const kind = distro === undefined ? `pkg:${purl.type}` : `pkg:${purl.type} of ${clip(distro, 60)}`;
    this.#unsupported.set(kind, (this.#unsupported.get(kind) ?? 0) + 1);
  }

  /** `ecosystem`: without release where the store holds no feed for it at all. */
  notInStore(ecosystem: string): void {
    this.#notInStore.set(ecosystem, (this.#notInStore.get(ecosystem) ?? 0) + 1);
  }

  undecided(purl: string, { undecided }: Assessment): void {
    const [first] = undecided;
    if (first === undefined) return;
    const more = undecided.length === 1 ? '' : ` and ${undecided.length - 1} more`;
    const message = `cannot be held against ${clip(first.advisory, 60)}${more}: ${clip(first.why)}`;
    this.problems.push({ code: 'version-not-comparable', where: clip(purl), message });
  }

  all(): Problem[] {
    for (const [kind, count] of this.#unsupported) {
      const message = `${components(count)} not assessed: no advisories are known for this kind of component or release`;
      this.problems.push({ code: 'ecosystem-unsupported', where: kind, message });
    }
    for (const [ecosystem, count] of this.#notInStore) {
      const base = baseOf(ecosystem);
      const word = base.includes(' ') ? `'${base}'` : base;
      const lacks = base === ecosystem ? 'no feed for it' : 'no advisory for this release';
      const message = `${components(count)} not assessed: the advisory store holds ${lacks}; run: kvitto db update --ecosystems ${word}`;
      this.problems.push({ code: 'ecosystem-not-in-store', where: ecosystem, message });
    }
    return sortProblems(this.problems);
  }
}

function components(count: number): string {
  return count === 1 ? '1 component was' : `${count} components were`;
}

/** Look-ups of one run: nothing is asked of the store or compared twice, within bounds. */
class Assessor {
  readonly #store: AdvisoryStore;
  readonly #explain: boolean;
  readonly #names = new BoundedCache<Named>(keptAdvisories, (named) => 1 + named.weight);
  readonly #facts = new BoundedCache<VulnerabilityFacts | null>(keptFacts, () => 1);
  readonly #assessments = new BoundedCache<Assessment>(
    keptAssessments,
    (a) => 1 + a.matches.length * 4 + a.dismissals.length + a.undecided.length,
  );
  readonly #covered = new Map<string, boolean>();

  constructor(store: AdvisoryStore, explain: boolean) {
    this.#store = store;
    this.#explain = explain;
  }

  covers(ecosystem: string): boolean {
    let covered = this.#covered.get(ecosystem);
    if (covered === undefined) {
      covered = this.#store.covers(ecosystem);
      this.#covered.set(ecosystem, covered);
    }
    return covered;
  }

  assess(lookup: Lookup, ecosystems: readonly string[]): Assessment {
    const { name, version, by, scheme } = lookup;
    const key = [scheme?.id, name, ...ecosystems].join('\0');
    return this.#assessments.get(`${by}\0${version}\0${key}`, () => {
      const named = this.#names.get(key, () => {
        const all = ecosystems.map((ecosystem) => {
          const records = this.#store.byName(ecosystem, name);
          return { ecosystem, prepared: records.map((advisory) => prepare(advisory, scheme)) };
        });
        return new Named(all, (id) => this.#facts.get(id, () => this.#store.facts(id)));
      });
      return assess(lookup, named, this.#explain);
    });
  }
}

/**
 * Holds components against an advisory store. Only their purls are read, so that an inventory, its SBOM and the image that it came
 * from give the same answer. What could not be assessed is a problem: a purl that is none, a kind of component without advisories,
 * an ecosystem that the store does not hold, a version that cannot be compared.
 */
export function match(
  components: readonly Pick<Component, 'purl'>[],
  store: AdvisoryStore,
  { explain = false }: { readonly explain?: boolean } = {},
): Matched {
  const assessor = new Assessor(store, explain);
  const gaps = new Gaps();
  const matches: Match[] = [];
  const dismissals: Dismissal[] = [];
  const ecosystems = new Set<string>();
  // Purls are taken in order, and what one of them has comes in order: nothing is sorted at the end.
  const purls = [...new Set(components.map((c) => c.purl))].sort(compareTexts);
  for (const component of purls) {
    const purl = parsePurl(component);
    if (purl === null) {
      gaps.problems.push({ code: 'malformed', where: clip(component), message: 'is not a package URL; not assessed' });
      continue;
    }
    const lookup = lookupOf(purl);
    if (lookup === null) {
      gaps.unsupported(purl);
      continue;
    }
    for (const ecosystem of lookup.ecosystems) ecosystems.add(baseOf(ecosystem));
    const covered = lookup.ecosystems.filter((e) => assessor.covers(e));
    for (const ecosystem of lookup.ecosystems) {
      if (covered.includes(ecosystem)) continue;
      const base = baseOf(ecosystem);
      gaps.notInStore(assessor.covers(base) ? ecosystem : base);
    }
    const assessment = assessor.assess(lookup, covered);
    gaps.undecided(component, assessment);
    const name = nameOf(purl);
    const installed = purl.version ?? '';
    for (const found of assessment.matches) matches.push({ ...found, component, name, installed });
    for (const dismissed of assessment.dismissals) dismissals.push({ component, ...dismissed });
  }
  return { matches, dismissals, problems: gaps.all(), ecosystems: [...ecosystems].sort() };
}
