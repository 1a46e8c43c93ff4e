import type { KnowledgeDocument, KnownMatch } from '../ledger/document-shapes.ts';
import { formatInstant } from '../ledger/instant.ts';
import { keptMatch } from '../ledger/kept-match.ts';
import type { OpenMatch } from '../ledger/queries/open-matches.ts';
import { severityLevels } from '../model/advisory.ts';
import type { Match } from '../model/finding.ts';

type Closed = KnowledgeDocument['closed'][number];

/** What a store says of a component, held against what is known of it. */
export interface Difference {
  readonly opened: readonly KnownMatch[];
  /** The matches behind `opened`, at the same places. */
  readonly matches: readonly Match[];
  readonly closed: readonly Closed[];
  /** Ids of what is known, was not found, and stays because it could not be decided. */
  readonly kept: readonly string[];
}

export interface Component {
  readonly purl: string;
  /** What the store says of it. */
  readonly matches: readonly Match[];
  /** What is now known of it. */
  readonly open: readonly OpenMatch[];
  /** Whether some version of it could not be compared: then what is not found is not gone. */
  readonly undecided: boolean;
}

/** A match as it is kept. `firstKnown`: null for now. */
function known(m: Match, firstKnown: string | null): KnownMatch {
  return { ...keptMatch(m), firstKnown };
}

/** Whether what is known stays as it is. EPSS changes every day, and alone opens nothing anew. */
function same(m: Match, open: OpenMatch): boolean {
  return (
    open.severity === severityLevels.indexOf(m.severity.level) &&
    open.score === (m.severity.score === null ? null : Math.round(m.severity.score * 10)) &&
    open.exploited === (m.exploitation.length > 0 ? 1 : 0) &&
    open.fixed_in === m.fixedIn &&
    open.advisories === m.advisories.join(' ')
  );
}

function isNamed({ aliases }: Match, names: ReadonlySet<string>): boolean {
  return aliases.every((alias) => names.has(alias));
}

/** What is known of a component, by all its names: a kernel has thousands of vulnerabilities. */
class Before {
  readonly #open: readonly OpenMatch[];
  readonly #namesOf: (id: string) => ReadonlySet<string>;
  readonly #byId: ReadonlyMap<string, OpenMatch>;
  #byName: Map<string, OpenMatch[]> | null = null;

  constructor(open: readonly OpenMatch[], namesOf: (id: string) => ReadonlySet<string>) {
    this.#open = open;
    this.#namesOf = namesOf;
    this.#byId = new Map(open.map((o) => [o.id, o]));
  }

  of(id: string): OpenMatch | undefined {
    return this.#byId.get(id);
  }

  /** What was known by a name of this match, other than by its own id, or has this id among its names. */
  related({ id, aliases }: Match): readonly OpenMatch[] {
    // Mostly nobody asks: what is still found under its own id has no need of it.
    this.#byName ??= this.#indexed();
    const byName = this.#byName.get(id);
    if (byName === undefined && aliases.length === 0) return [];
    const byAlias = aliases.flatMap((alias) => this.#byId.get(alias) ?? []);
    return [...new Set([...(byName ?? []), ...byAlias])];
  }

  #indexed(): Map<string, OpenMatch[]> {
    const byName = new Map<string, OpenMatch[]>();
    for (const o of this.#open) {
      for (const name of this.#namesOf(o.id)) {
        if (name === o.id) continue;
        const others = byName.get(name);
        if (others === undefined) byName.set(name, [o]);
        else others.push(o);
      }
    }
    return byName;
  }
}

/**
 * Works out what is to be opened and closed so that what is known of a component is what the store says. A vulnerability that was
 * known under another of its names was known since then. `namesOf`: all names that the ledger knows a vulnerability by;
 * `whyClosed`: of records that a match rested on.
 */
export function differenceOf(
  { purl, matches, open, undecided }: Component,
  namesOf: (id: string) => ReadonlySet<string>,
  whyClosed: (advisories: string) => 'gone' | 'withdrawn',
): Difference {
  const found = new Set(matches.map((m) => m.id));
  const before = new Before(open, namesOf);
  const opened: KnownMatch[] = [];
  const from: Match[] = [];
  const closed: Closed[] = [];
  const renamed = new Set<string>();
  const missing = open.filter((o) => !found.has(o.id));
  for (const m of matches) {
    const was = before.of(m.id);
    const unchanged = was !== undefined && (m.aliases.length === 0 || isNamed(m, namesOf(m.id))) && same(m, was);
    if (unchanged && missing.length === 0) continue;
    const related = before.related(m);
    const others = related.filter((o) => !found.has(o.id));
    if (unchanged && others.length === 0) continue;
    for (const { id } of others) renamed.add(id);
    if (was !== undefined) closed.push({ component: purl, id: m.id, why: 'changed' });
    // A vulnerability that is still found for itself lends its age only to what was split off from it.
    const ages = (was === undefined ? related : [was, ...others]).map((o) => o.first_known);
    opened.push(known(m, ages.length === 0 ? null : formatInstant(Math.min(...ages))));
    from.push(m);
  }
  const kept = missing.filter((o) => undecided && !renamed.has(o.id)).map((o) => o.id);
  for (const { id, advisories } of missing) {
    if (renamed.has(id)) closed.push({ component: purl, id, why: 'changed' });
    else if (!undecided) closed.push({ component: purl, id, why: whyClosed(advisories) });
  }
  return { opened, matches: from, closed, kept };
}
