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

/** The records of a name: a kernel has thousands, and each of its matches asks for some. */
interface Named {
  readonly byId: ReadonlyMap<string, Advisory>;
  /** Those that hold, by each vulnerability that they speak of. */
  readonly speaksOf: ReadonlyMap<string, readonly Advisory[]>;
}

function namedBy(records: readonly Advisory[]): Named {
  const speaksOf = new Map<string, Advisory[]>();
  for (const record of records) {
    if (record.withdrawn !== null) continue;
    for (const id of new Set([record.id, ...record.aliases, ...record.upstream])) {
      const known = speaksOf.get(id);
      if (known === undefined) speaksOf.set(id, [record]);
      else known.push(record);
    }
  }
  return { byId: new Map(records.map((record) => [record.id, record])), speaksOf };
}

/** The records that matched, as they stand in the store: collected for one document after the other. */
export class Records {
  readonly #store: AdvisoryStore;
  /** Reading a name's records is dear, and thousands of matches may ask for the same. */
  readonly #named = new Map<string, Named>();
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
    const ids = [match.id, ...match.aliases];
    for (const { ecosystem, name, advisory } of match.matchedBy) {
      const named = this.#of(ecosystem, name);
      const found = (record: Advisory | undefined) => {
        if (record === undefined) return;
        const key = `${ecosystem}\0${name}\0${record.id}`;
        if (!this.#found.has(key)) this.#found.set(key, { ecosystem, name, record });
      };
      found(named.byId.get(advisory));
      for (const id of ids) named.speaksOf.get(id)?.forEach(found);
    }
    for (const id of ids) {
      if (!this.#facts.has(id)) this.#facts.set(id, this.#store.facts(id));
    }
  }

  /** Why a match with these records is none any more: `withdrawn` where all that are left of them were taken back. */
  whyClosed(key: NameKey, advisories: string): 'gone' | 'withdrawn' {
    const left = ecosystemsOf(key).flatMap((ecosystem) => {
      const records = this.#of(ecosystem, key.name);
      return advisories.split(' ').flatMap((id) => records.byId.get(id) ?? []);
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

  #of(ecosystem: string, name: string): Named {
    const key = `${ecosystem}\0${name}`;
    const kept = this.#named.get(key);
    if (kept !== undefined) return kept;
    const oldest = this.#named.keys().next();
    if (this.#named.size >= mostNames && oldest.done === false) this.#named.delete(oldest.value);
    const named = namedBy(this.#store.byName(ecosystem, name));
    this.#named.set(key, named);
    return named;
  }
}
