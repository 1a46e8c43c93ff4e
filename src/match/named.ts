import type { VulnerabilityFacts } from '../model/advisory.ts';
import type { Match } from '../model/finding.ts';
import type { PreparedAdvisory } from './ranges.ts';
import { sortedIds, vulnerabilitiesOf } from './vulnerability-ids.ts';

/** A match before it is put on one of the components that share the look-up. */
export type LookupMatch = Omit<Match, 'component' | 'name' | 'installed'>;

/** A name's advisories in one ecosystem. */
export interface NamedAdvisories {
  readonly ecosystem: string;
  readonly prepared: readonly PreparedAdvisory[];
}

/** What is said of a vulnerability, whatever version has it. */
export type Described = LookupMatch & { readonly fixedIn: null; readonly matchedBy: readonly [] };

/** A vulnerability that one record alone speaks of, which has one entry: its description is the same for every version. */
export interface Alone {
  readonly ids: readonly string[];
  described: Described | null;
  fixes: readonly string[] | null;
}

/** A name's advisories, with what is worked out once for all its versions. */
export class Named {
  readonly all: readonly NamedAdvisories[];
  readonly facts: (id: string) => VulnerabilityFacts | null;
  readonly #speaksOf = new Map<string, PreparedAdvisory[]>();
  readonly #alone = new Map<PreparedAdvisory, readonly Alone[]>();
  readonly #disjoint: boolean;

  constructor(all: readonly NamedAdvisories[], facts: (id: string) => VulnerabilityFacts | null) {
    this.all = all;
    this.facts = facts;
    let disjoint = true;
    for (const prepared of all.flatMap((n) => n.prepared)) {
      if (prepared.advisory.withdrawn !== null) continue;
      const vulnerabilities = vulnerabilitiesOf(prepared.advisory).map(sortedIds);
      if (prepared.entries.length !== 1) disjoint = false;
      for (const id of vulnerabilities.flat()) {
        const known = this.#speaksOf.get(id);
        if (known === undefined) this.#speaksOf.set(id, [prepared]);
        else {
          known.push(prepared);
          disjoint = false;
        }
      }
      this.#alone.set(
        prepared,
        vulnerabilities.map((ids) => ({ ids, described: null, fixes: null })),
      );
    }
    this.#disjoint = disjoint;
  }

  /** How many advisories it has. */
  get weight(): number {
    return this.all.reduce((sum, { prepared }) => sum + prepared.length, 0);
  }

  /** Whether no two records speak of the same vulnerability, and each has one entry. */
  get disjoint(): boolean {
    return this.#disjoint;
  }

  /** The vulnerabilities of a record that was not withdrawn. */
  vulnerabilitiesOf(prepared: PreparedAdvisory): readonly Alone[] {
    return this.#alone.get(prepared) ?? [];
  }

  /** Records that speak of a vulnerability by one of these ids. */
  related(ids: readonly string[]): PreparedAdvisory[] {
    return [...new Set(ids.flatMap((id) => this.#speaksOf.get(id) ?? []))];
  }
}
