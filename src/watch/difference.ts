import type { KnowledgeDocument, KnownMatch } from '../ledger/document-shapes.ts';
import { formatInstant } from '../ledger/instant.ts';
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
  return {
    component: m.component,
    id: m.id,
    aliases: m.aliases,
    advisories: m.advisories,
    severity: m.severity,
    fixedIn: m.fixedIn,
    exploitation: m.exploitation,
    epss: m.epss,
    informational: m.informational,
    reasons: m.matchedBy.map(({ advisory, range, fixed }) => ({ advisory, range, fixed })),
    firstKnown,
  };
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
  const opened: KnownMatch[] = [];
  const from: Match[] = [];
  const closed: Closed[] = [];
  const renamed = new Set<string>();
  for (const m of matches) {
    const own = new Set([m.id, ...m.aliases]);
    const before = open.filter((o) => own.has(o.id) || namesOf(o.id).has(m.id));
    const was = before.find((o) => o.id === m.id);
    const others = before.filter((o) => !found.has(o.id));
    const named = was !== undefined && m.aliases.every((alias) => namesOf(m.id).has(alias));
    if (named && others.length === 0 && same(m, was)) continue;
    for (const { id } of others) renamed.add(id);
    if (was !== undefined) closed.push({ component: purl, id: m.id, why: 'changed' });
    // A vulnerability that is still found for itself lends its age only to what was split off from it.
    const ages = (was === undefined ? before : [was, ...others]).map((o) => o.first_known);
    opened.push(known(m, ages.length === 0 ? null : formatInstant(Math.min(...ages))));
    from.push(m);
  }
  const missing = open.filter((o) => !found.has(o.id));
  const kept = missing.filter((o) => undecided && !renamed.has(o.id)).map((o) => o.id);
  for (const { id, advisories } of missing) {
    if (renamed.has(id)) closed.push({ component: purl, id, why: 'changed' });
    else if (!undecided) closed.push({ component: purl, id, why: whyClosed(advisories) });
  }
  return { opened, matches: from, closed, kept };
}
