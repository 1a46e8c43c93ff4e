import type { KnowledgeDocument } from '../ledger/document-shapes.ts';
import type { NameKey } from '../ledger/queries/changed-components.ts';
import { vulnerabilitiesOf } from '../match/vulnerability-ids.ts';
import type { Advisory, AdvisoryStore, VulnerabilityFacts } from '../model/advisory.ts';
import type { Match } from '../model/finding.ts';
import { ecosystemsOf, lookupKey } from './lookup-key.ts';

/** Names whose records are kept at hand. */
const mostNames = 200;

function inOrder<T>(map: ReadonlyMap<string, T>): T[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, value]) => value);
}

/** The records under a name: by id, and by each vulnerability that one speaks of. */
interface NamedRecords {
  readonly byId: ReadonlyMap<string, Advisory>;
  readonly speakingOf: ReadonlyMap<string, readonly Advisory[]>;
}

/**
 * The records that matched, as they stand in the store: collected for one document after the other. With them those under the
 * same name that speak of the same vulnerability without matching: they decide which version fixes it, so that with what is
 * kept a match comes out the same again.
 */
export class Records {
  readonly #store: AdvisoryStore;
  /** Reading a name's records is dear, and thousands of matches may ask for the same. */
  readonly #named = new Map<string, NamedRecords>();
  #found = new Map<string, { ecosystem: string; name: string; record: Advisory }>();
  #facts = new Map<string, VulnerabilityFacts | null>();

  constructor(store: AdvisoryStore) {
    this.#store = store;
  }

  add(match: Match): void {
    const ids = [match.id, ...match.aliases];
    for (const { ecosystem, name, advisory } of match.matchedBy) {
      this.#keep(ecosystem, name, this.#of(ecosystem, name).byId.get(advisory));
    }
    const key = lookupKey(match.component);
    for (const ecosystem of key === null ? [] : ecosystemsOf(key)) {
      const name = key?.name ?? '';
      const { speakingOf } = this.#of(ecosystem, name);
      for (const record of ids.flatMap((id) => speakingOf.get(id) ?? [])) this.#keep(ecosystem, name, record);
    }
    for (const id of ids) {
      if (!this.#facts.has(id)) this.#facts.set(id, this.#store.facts(id));
    }
  }

  /** Why a match with these records is none any more: `withdrawn` where all that are left of them were taken back. */
  whyClosed(key: NameKey, advisories: string): 'gone' | 'withdrawn' {
    const left = ecosystemsOf(key).flatMap((ecosystem) => {
      const { byId } = this.#of(ecosystem, key.name);
      return advisories.split(' ').flatMap((id) => byId.get(id) ?? []);
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

  #keep(ecosystem: string, name: string, record: Advisory | undefined): void {
    if (record !== undefined) this.#found.set(`${ecosystem}\0${name}\0${record.id}`, { ecosystem, name, record });
  }

  #of(ecosystem: string, name: string): NamedRecords {
    const key = `${ecosystem}\0${name}`;
    const kept = this.#named.get(key);
    if (kept !== undefined) return kept;
    const oldest = this.#named.keys().next();
    if (this.#named.size >= mostNames && oldest.done === false) this.#named.delete(oldest.value);
    const records = this.#store.byName(ecosystem, name);
    const speakingOf = new Map<string, Advisory[]>();
    for (const record of records) {
      if (record.withdrawn !== null) continue;
      for (const id of new Set(vulnerabilitiesOf(record).flat())) {
        const list = speakingOf.get(id);
        if (list === undefined) speakingOf.set(id, [record]);
        else list.push(record);
      }
    }
    const named = { byId: new Map(records.map((record) => [record.id, record])), speakingOf };
    this.#named.set(key, named);
    return named;
  }
}
