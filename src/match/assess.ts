import type { Exploitation, VulnerabilityFacts } from '../model/advisory.ts';
import { isDistribution, type Lookup } from '../model/ecosystem.ts';
import type { Dismissal, Match, MatchReason } from '../model/finding.ts';
import { evaluate, explainUnaffected, fixesOf, type Hit, type PreparedAdvisory } from './ranges.ts';
import { rankSeverities, unknownSeverity } from './severity.ts';
import { isBulletin, joinByIds, vulnerabilitiesOf } from './vulnerability-ids.ts';

/** A match and a dismissal before they are put on one of the components that share the look-up. */
export type LookupMatch = Omit<Match, 'component' | 'name' | 'installed'>;
export type LookupDismissal = Omit<Dismissal, 'component'>;

/** What the store says about one name and version: matches by id, dismissals by advisory. */
export interface Assessment {
  readonly matches: readonly LookupMatch[];
  readonly dismissals: readonly LookupDismissal[];
  /** Advisories that could not be decided, with the reason. */
  readonly undecided: readonly { readonly advisory: string; readonly why: string }[];
}

/** A name's advisories in one ecosystem. */
export interface NamedAdvisories {
  readonly ecosystem: string;
  readonly prepared: readonly PreparedAdvisory[];
}

interface HitRecord {
  readonly ecosystem: string;
  readonly prepared: PreparedAdvisory;
  readonly hits: readonly Hit[];
}

const mostReferences = 10;

/**
 * The lowest version above the installed one that a record names as fixed and that no record of the same vulnerability calls
 * affected. So a second advisory that repairs the first one's fix moves the answer up, and where a newer record says that the
 * fix does not hold and names none, there is none.
 */
function lowestFix(lookup: Lookup, hit: readonly HitRecord[], related: readonly PreparedAdvisory[]): string | null {
  const { scheme, version } = lookup;
  const named = new Set(hit.flatMap((h) => fixesOf(h.prepared)));
  if (scheme === null) return null;
  const above = scheme.valid(version) ? [...named].filter((fix) => scheme.compare(fix, version) > 0) : [];
  above.sort((a, b) => scheme.compare(a, b) || (a < b ? -1 : 1));
  return above.find((fix) => related.every((r) => evaluate(r, fix, scheme).kind !== 'affected')) ?? null;
}

function reasonsOf(lookup: Lookup, { ecosystem, prepared, hits }: HitRecord): MatchReason[] {
  const { by, name, version } = lookup;
  const advisory = prepared.advisory.id;
  return hits.map(({ range, fixed }) => ({ by, advisory, ecosystem, name, version, range, fixed }));
}

/** One entry per catalogue, the earliest, in the order of the catalogues' names. */
function exploitationOf(facts: readonly VulnerabilityFacts[]): Exploitation[] {
  const bySource = new Map<string, Exploitation>();
  for (const entry of facts.flatMap((f) => f.exploitation)) {
    const known = bySource.get(entry.source);
    if (known === undefined || entry.since < known.since) bySource.set(entry.source, entry);
  }
  return [...bySource.values()].sort((a, b) => (a.source < b.source ? -1 : 1));
}

function matchOf(
  lookup: Lookup,
  ids: readonly string[],
  records: readonly HitRecord[],
  related: readonly PreparedAdvisory[],
  facts: readonly VulnerabilityFacts[],
): LookupMatch {
  const [id = '', ...aliases] = ids;
  // What describes the vulnerability itself speaks before what announces an update.
  const inOrder = [...records].sort((a, b) => {
    const [x, y] = [a.prepared.advisory.id, b.prepared.advisory.id];
    return Number(isBulletin(x)) - Number(isBulletin(y)) || (x < y ? -1 : x > y ? 1 : 0);
  });
  const advisories = inOrder.map((r) => r.prepared.advisory);
  const severities = rankSeverities(
    inOrder.map(({ ecosystem, prepared, hits }) => ({
      ofDistribution: isDistribution(ecosystem),
      severities: [...hits.flatMap((h) => h.affected.severity), ...prepared.advisory.severity],
    })),
    facts,
  );
  const described = advisories.filter((a) => !isBulletin(a.id));
  const summaries = [...described, ...facts, ...advisories].map((a) => a.summary);
  const published = [...advisories, ...facts].flatMap((a) => (a.published === null ? [] : [a.published]));
  const epss = facts.flatMap((f) => (f.epss === null ? [] : [f.epss]));
  return {
    id,
    aliases: [...aliases].sort(),
    advisories: [...new Set(advisories.map((a) => a.id))].sort(),
    fixedIn: lowestFix(lookup, records, related),
    summary: summaries.find((s) => s !== '') ?? '',
    severity: severities[0] ?? unknownSeverity,
    severities,
    epss: epss.reduce(
      (best: (typeof epss)[number] | null, e) => (best && best.probability >= e.probability ? best : e),
      null,
    ),
    exploitation: exploitationOf(facts),
    published: published.reduce((first: string | null, p) => (first !== null && first <= p ? first : p), null),
    references: [...new Set(advisories.flatMap((a) => a.references))].slice(0, mostReferences),
    informational: advisories.every((a) => a.informational !== null) ? (advisories[0]?.informational ?? null) : null,
    matchedBy: inOrder.flatMap((record) => reasonsOf(lookup, record)),
  };
}

/** Holds one name and version against all advisories for that name, and joins what speaks of the same vulnerability. */
export function assess(
  lookup: Lookup,
  named: readonly NamedAdvisories[],
  facts: (id: string) => VulnerabilityFacts | null,
  explain: boolean,
): Assessment {
  const { scheme, version } = lookup;
  const hit: HitRecord[] = [];
  const dismissals: LookupDismissal[] = [];
  const undecided: { advisory: string; why: string }[] = [];
  const dismiss = (advisory: string, reason: Dismissal['reason'], detail: string): void => {
    if (explain) dismissals.push({ advisory, reason, detail });
  };
  for (const { ecosystem, prepared: all } of named) {
    for (const prepared of all) {
      const { id, withdrawn } = prepared.advisory;
      if (withdrawn !== null) {
        dismiss(id, 'withdrawn', `the record was withdrawn on ${withdrawn.slice(0, 10)}`);
        continue;
      }
      const outcome = evaluate(prepared, version, scheme);
      if (outcome.kind === 'affected') hit.push({ ecosystem, prepared, hits: outcome.hits });
      else if (outcome.kind === 'undecidable') undecided.push({ advisory: id, why: outcome.why });
      else if (outcome.kind === 'git-only')
        dismiss(id, 'git-range-only', 'the record names only commits, which a version cannot be held against');
      else if (explain) dismiss(id, 'not-in-range', explainUnaffected(prepared, version, scheme));
    }
  }
  const joined = joinByIds(
    hit.flatMap((item) => vulnerabilitiesOf(item.prepared.advisory).map((ids) => ({ item, ids }))),
  );
  const speaksOf = indexById(joined.length === 0 ? [] : named.flatMap((n) => n.prepared));
  const matches = joined.map(({ ids, items }) => {
    const related = new Set(ids.flatMap((id) => speaksOf.get(id) ?? []));
    const known = ids.map(facts).filter((f) => f !== null);
    return matchOf(lookup, ids, items, [...related], known);
  });
  dismissals.sort((a, b) => (a.advisory < b.advisory ? -1 : a.advisory > b.advisory ? 1 : 0));
  return { matches, dismissals, undecided };
}

function indexById(all: readonly PreparedAdvisory[]): Map<string, PreparedAdvisory[]> {
  const index = new Map<string, PreparedAdvisory[]>();
  for (const prepared of all) {
    if (prepared.advisory.withdrawn !== null) continue;
    for (const id of vulnerabilitiesOf(prepared.advisory).flat()) {
      const known = index.get(id);
      if (known === undefined) index.set(id, [prepared]);
      else known.push(prepared);
    }
  }
  return index;
}
