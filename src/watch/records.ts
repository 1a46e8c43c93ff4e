import type { KnowledgeDocument } from '../ledger/document-shapes.ts';
import type { NameKey } from '../ledger/queries/changed-components.ts';
import type { Advisory, AdvisoryStore, VulnerabilityFacts } from '../model/advisory.ts';
import type { Match } from '../model/finding.ts';
import { ecosystemsOf } from './lookup-key.ts';

/** Names whose records are kept at hand. */
const mostNames = 200;

function inOrder<T>(map: ReadonlyMap<string, T>): T[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}

/** The records that matched, as they stand in the store: collected for one document after the other. */
export class Records {
  readonly #store: AdvisoryStore;
  /** Reading a name's records is dear, and thousands of matches may ask for the same. */
  readonly #named = new Map<string, ReadonlyMap<string, Advisory>>();
  #found = new Map<string, { ecosystem: string; name: string; record: Advisory }>();
  #facts = new Map<string, VulnerabilityFacts | null>();

  constructor(store: AdvisoryStore) {
    this.#store = store;
  }

  /**
   * Adds the records that say so, and those under the same name that speak of the same vulnerability without matching: they
   * decide which version fixes it. With these alone the match comes out the same again.
   */
  add(match: Match): void {
    const ids = new Set([match.id, ...match.aliases]);
    const said = new Set(match.matchedBy.map((r) => r.advisory));
    for (const { ecosystem, name } of match.matchedBy) {
      for (const [id, record] of this.#of(ecosystem, name)) {
        const key = `${ecosystem}\0${name}\0${id}`;
        if (this.#found.has(key)) continue;
        const related =
          record.withdrawn === null && [id, ...record.aliases, ...record.upstream].some((i) => ids.has(i));
        if (said.has(id) || related) this.#found.set(key, { ecosystem, name, record });
      }
    }
    for (const id of ids) {
      if (!this.#facts.has(id)) this.#facts.set(id, this.#store.facts(id));
    }
  }

  /** Why a match with these records is none any more: `withdrawn` where all that are left of them were taken back. */
  whyClosed(key: NameKey, advisories: string): 'gone' | 'withdrawn' {
    const left = ecosystemsOf(key).flatMap((ecosystem) => {
      const records = this.#of(ecosystem, key.name);
      return advisories.split(' ').flatMap((id) => records.get(id) ?? []);
    });
    return left.length > 0 && left.every((record) => record.withdrawn !== null) ? 'withdrawn' : 'gone';
  }

  /** What was added since the last time. */
  take(): Pick<KnowledgeDocument, 'records' | 'facts'> {
    const taken = { records: inOrder(this.#found), facts: inOrder(this.#facts).filter((f) => f !== null) };
    this.#found = new Map();
    this.#facts = new Map();
    return taken;
  }

  #of(ecosystem: string, name: string): ReadonlyMap<string, Advisory> {
    const key = `${ecosystem}\0${name}`;
    const kept = this.#named.get(key);
    if (kept !== undefined) return kept;
    const oldest = this.#named.keys().next();
    if (this.#named.size >= mostNames && oldest.done === false) this.#named.delete(oldest.value);
    const records = new Map(this.#store.byName(ecosystem, name).map((record) => [record.id, record]));
    this.#named.set(key, records);
    return records;
  }
}
