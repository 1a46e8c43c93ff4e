import type { Exploitation, VulnerabilityFacts } from '../model/advisory.ts';
import { isDistribution, type Lookup } from '../model/ecosystem.ts';
import type { Dismissal, MatchReason } from '../model/finding.ts';
import type { VersionScheme } from '../model/version/scheme.ts';
import type { Alone, Described, LookupMatch, Named } from './named.ts';
import { evaluate, explainUnaffected, fixesOf, type Hit, type PreparedAdvisory } from './ranges.ts';
import { rankSeverities, unknownSeverity } from './severity.ts';
import { compareJoined, isBulletin, type Joined, joinByIds } from './vulnerability-ids.ts';

/** A dismissal before it is put on one of the components that share the look-up. */
export type LookupDismissal = Omit<Dismissal, 'component'>;

/** What the store says about one name and version: matches by id, dismissals by advisory. */
export interface Assessment {
  readonly matches: readonly LookupMatch[];
  readonly dismissals: readonly LookupDismissal[];
  /** Advisories that could not be decided, with the reason. */
  readonly undecided: readonly { readonly advisory: string; readonly why: string }[];
}

interface HitRecord {
  readonly ecosystem: string;
  readonly prepared: PreparedAdvisory;
  readonly hits: readonly Hit[];
}

const mostReferences = 10;

/**
 * Versions that records name as fixed and that no record of the same vulnerability calls affected, lowest first. So a second
 * advisory that repairs the first one's fix moves the answer up, and where a newer record says that the fix does not hold and
 * names none, there is none.
 */
function fixesIn(
  scheme: VersionScheme,
  hit: readonly PreparedAdvisory[],
  related: readonly PreparedAdvisory[],
): string[] {
  const named = [...new Set(hit.flatMap(fixesOf))];
  if (named.length > 1) named.sort((a, b) => scheme.compare(a, b) || (a < b ? -1 : 1));
  return named.filter((fix) => related.every((r) => evaluate(r, fix, scheme).kind !== 'affected'));
}

/** The lowest of them above the installed version. `fixes`: asked for once it is known that the versions have an order. */
function lowestAbove({ scheme, version }: Lookup, fixes: (scheme: VersionScheme) => readonly string[]): string | null {
  if (scheme === null || !scheme.valid(version)) return null;
  return fixes(scheme).find((fix) => scheme.compare(fix, version) > 0) ?? null;
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

/** What describes the vulnerability itself speaks before what announces an update. */
function inOrderOf(records: readonly HitRecord[]): HitRecord[] {
  return [...records].sort((a, b) => {
    const [x, y] = [a.prepared.advisory.id, b.prepared.advisory.id];
    return Number(isBulletin(x)) - Number(isBulletin(y)) || (x < y ? -1 : x > y ? 1 : 0);
  });
}

function describe(
  ids: readonly string[],
  inOrder: readonly HitRecord[],
  facts: readonly VulnerabilityFacts[],
): Described {
  const [id = '', ...aliases] = ids;
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
    fixedIn: null,
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
    matchedBy: [],
  };
}

/** Matches of records that each stand alone: what joining them would give. */
function matchesAlone(lookup: Lookup, named: Named, hit: readonly HitRecord[]): LookupMatch[] {
  const joined: Joined<{ record: HitRecord; alone: Alone }>[] = [];
  for (const record of hit) {
    for (const alone of named.vulnerabilitiesOf(record.prepared)) {
      joined.push({ ids: alone.ids, items: [{ record, alone }] });
    }
  }
  joined.sort(compareJoined);
  return joined.flatMap(({ ids, items }) =>
    items.map(({ record, alone }) => {
      alone.described ??= describe(ids, [record], factsOf(named, ids));
      const fixedIn = lowestAbove(lookup, (scheme) => {
        alone.fixes ??= fixesIn(scheme, [record.prepared], [record.prepared]);
        return alone.fixes;
      });
      return { ...alone.described, fixedIn, matchedBy: reasonsOf(lookup, record) };
    }),
  );
}

function factsOf(named: Named, ids: readonly string[]): VulnerabilityFacts[] {
  return ids.map(named.facts).filter((f) => f !== null);
}

function matchesJoined(lookup: Lookup, named: Named, all: readonly HitRecord[]): LookupMatch[] {
  const items = all.flatMap((item) => named.vulnerabilitiesOf(item.prepared).map(({ ids }) => ({ item, ids })));
  return joinByIds(items).map(({ ids, items: records }) => {
    const inOrder = inOrderOf(records);
    const hit = records.map((r) => r.prepared);
    return {
      ...describe(ids, inOrder, factsOf(named, ids)),
      fixedIn: lowestAbove(lookup, (scheme) => fixesIn(scheme, hit, named.related(ids))),
      matchedBy: inOrder.flatMap((record) => reasonsOf(lookup, record)),
    };
  });
}

/** Holds one name and version against all advisories for that name, and joins what speaks of the same vulnerability. */
export function assess(lookup: Lookup, named: Named, explain: boolean): Assessment {
  const { scheme, version } = lookup;
  const hit: HitRecord[] = [];
  const dismissals: LookupDismissal[] = [];
  const undecided: { advisory: string; why: string }[] = [];
  const dismiss = (advisory: string, reason: Dismissal['reason'], detail: string): void => {
    if (explain) dismissals.push({ advisory, reason, detail });
  };
  for (const { ecosystem, prepared: all } of named.all) {
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
  const matches = named.disjoint ? matchesAlone(lookup, named, hit) : matchesJoined(lookup, named, hit);
  dismissals.sort((a, b) => (a.advisory < b.advisory ? -1 : a.advisory > b.advisory ? 1 : 0));
  return { matches, dismissals, undecided };
}
