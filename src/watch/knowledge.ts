import type { KnowledgeDocument, KnownMatch } from '../ledger/document-shapes.ts';
import { formatInstant } from '../ledger/instant.ts';
import type { OpenMatch } from '../ledger/queries/open-matches.ts';
import { match } from '../match/match.ts';
import { vulnerabilitiesOf } from '../match/vulnerability-ids.ts';
import type { Advisory, AdvisoryStore, VulnerabilityFacts } from '../model/advisory.ts';
import { severityLevels } from '../model/advisory.ts';
import { lookupOf } from '../model/ecosystem.ts';
import type { Match } from '../model/finding.ts';
import type { Problem } from '../model/problem.ts';
import { parsePurl } from '../model/purl.ts';

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

/** A looked-up name, `ecosystem` as the ledger keeps it: several are joined by `|`. */
interface LookupKey {
  readonly ecosystem: string;
  readonly name: string;
}

export function lookupKey(purl: string): LookupKey | null {
  const parsed = parsePurl(purl);
  const lookup = parsed === null ? null : lookupOf(parsed);
  return lookup === null ? null : { ecosystem: lookup.ecosystems.join('|'), name: lookup.name };
}

/** What the store says of a name now; null where it says nothing. */
export function nameFingerprint(store: AdvisoryStore, { ecosystem, name }: LookupKey): string | null {
  const prints = ecosystem.split('|').map((e) => store.fingerprint(e, name));
  return prints.every((p) => p === null) ? null : prints.map((p) => p ?? '').join('|');
}

/**
 * The records that matched, as they stand in the store, and those under the same name that speak of the same vulnerability
 * without matching: they decide which version fixes it. With these alone the match comes out the same again.
 */
class Records {
  readonly #store: AdvisoryStore;
  readonly #found = new Map<string, { ecosystem: string; name: string; record: Advisory }>();
  readonly #facts = new Map<string, VulnerabilityFacts>();

  constructor(store: AdvisoryStore) {
    this.#store = store;
  }

  add(m: Match): void {
    const ids = new Set([m.id, ...m.aliases]);
    const said = new Set(m.matchedBy.map((r) => r.advisory));
    const key = lookupKey(m.component);
    for (const ecosystem of key?.ecosystem.split('|') ?? []) {
      const name = key?.name ?? '';
      for (const record of this.#store.byName(ecosystem, name)) {
        const related = record.withdrawn === null && vulnerabilitiesOf(record).some((v) => v.some((id) => ids.has(id)));
        if (said.has(record.id) || related) {
          this.#found.set(`${ecosystem}\0${name}\0${record.id}`, { ecosystem, name, record });
        }
      }
    }
    for (const id of ids) {
      const facts = this.#facts.has(id) ? null : this.#store.facts(id);
      if (facts !== null) this.#facts.set(id, facts);
    }
  }

  sorted(): Pick<KnowledgeDocument, 'records' | 'facts'> {
    const inOrder = <T>(map: ReadonlyMap<string, T>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, v]) => v);
    return { records: inOrder(this.#found), facts: inOrder(this.#facts) };
  }
}

export interface Assessed {
  readonly document: KnowledgeDocument;
  readonly problems: readonly Problem[];
}

/**
 * Holds components against the store and against what is known of them, and writes down the difference. `open`: what is now
 * known, by component; a component that is not in it is new.
 */
export function assessComponents(
  purls: readonly string[],
  open: ReadonlyMap<string, readonly OpenMatch[]>,
  store: AdvisoryStore,
): Assessed {
  const { matches, problems } = match(
    purls.map((purl) => ({ purl })),
    store,
  );
  const byComponent = Map.groupBy(matches, (m) => m.component);
  const records = new Records(store);
  const opened: KnownMatch[] = [];
  const closed: KnowledgeDocument['closed'][number][] = [];
  const ids = new Map<string, string | null>();
  const names = new Map<string, readonly [string, string, string | null]>();
  for (const purl of [...new Set(purls)].sort()) {
    const key = lookupKey(purl);
    if (key !== null)
      names.set(`${key.ecosystem}\0${key.name}`, [key.ecosystem, key.name, nameFingerprint(store, key)]);
    const before = new Map((open.get(purl) ?? []).map((o) => [o.id, o]));
    for (const m of byComponent.get(purl) ?? []) {
      ids.set(m.id, store.factsFingerprint(m.id));
      const was = before.get(m.id);
      before.delete(m.id);
      if (was !== undefined && same(m, was)) continue;
      // The same vulnerability may have been known under another of its names.
      const since = was ?? m.aliases.map((alias) => before.get(alias)).find((o) => o !== undefined);
      if (was !== undefined) closed.push({ component: purl, id: m.id, why: 'changed' });
      opened.push(known(m, since === undefined ? null : formatInstant(since.first_known)));
      records.add(m);
    }
    for (const { id, advisories } of before.values())
      closed.push({ component: purl, id, why: whyClosed(store, key, advisories) });
  }
  return {
    document: {
      schema: 'kvitto-knowledge-1',
      snapshot: store.snapshot.digest,
      ...records.sorted(),
      opened,
      closed,
      names: [...names].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, n]) => n),
      ids: [...ids].sort(([a], [b]) => (a < b ? -1 : 1)),
      problems,
    },
    problems,
  };
}

function whyClosed(store: AdvisoryStore, key: LookupKey | null, advisories: string): 'gone' | 'withdrawn' {
  if (key === null) return 'gone';
  const wanted = new Set(advisories.split(' '));
  const records = key.ecosystem
    .split('|')
    .flatMap((e) => store.byName(e, key.name))
    .filter((a) => wanted.has(a.id));
  return records.length > 0 && records.every((a) => a.withdrawn !== null) ? 'withdrawn' : 'gone';
}
