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

  add(match: Match): void {
    for (const { ecosystem, name, advisory } of match.matchedBy) {
      const key = `${ecosystem}\0${name}\0${advisory}`;
      if (this.#found.has(key)) continue;
      const record = this.#of(ecosystem, name).get(advisory);
      if (record !== undefined) this.#found.set(key, { ecosystem, name, record });
    }
    for (const id of [match.id, ...match.aliases]) {
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
