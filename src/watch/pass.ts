import { setImmediate as nextTurn } from 'node:timers/promises';
import { type KnowledgeDocument, type KnownMatch, unassessed } from '../ledger/document-shapes.ts';
import type { Documents } from '../ledger/documents.ts';
import { type NameKey, type Source, vulnerabilityStates } from '../ledger/queries/changed-components.ts';
import { openMatches } from '../ledger/queries/open-matches.ts';
import { putKnowledge } from '../ledger/record/knowledge.ts';
import { match } from '../match/match.ts';
import type { AdvisoryStore } from '../model/advisory.ts';
import type { Digest } from '../model/inventory.ts';
import { clip, type Problem } from '../model/problem.ts';
import { differenceOf } from './difference.ts';
import { keyText, lookupKey, nameFingerprint } from './lookup-key.ts';
import { withRecentNames } from './recent-names.ts';
import { Records } from './records.ts';

/** Components that are assessed together: few, so that what is made for them is gone before the collector moves it. */
const componentsAtOnce = 30;
/** Components, matches and fingerprints of one document: bounds its size. */
const mostComponents = 2_000;
const mostMatches = 5_000;
const mostNotes = 20_000;
/** Matches of documents that are kept in memory until their entry is written; what is beyond is read back. */
const mostKept = 100_000;

/** A vulnerability as a pass meets it. */
export interface Vulnerability {
  /** Fingerprint that the ledger holds; undefined: it does not know it. */
  readonly stored: string | null | undefined;
  /** All names by which the ledger knows it, or will know it after the pass: those that it knows first. */
  readonly names: Set<string>;
  /** How many of them the ledger knows. */
  readonly known: number;
}

/** A name whose components a pass assessed. */
interface AssessedName {
  readonly key: NameKey;
  /** What the store says of it: asked while it is at hand. */
  readonly fingerprint: string | null;
  /** Whether all of them could be, with nothing left undecided. */
  whole: boolean;
}

/** A document of a pass, with how much it opens and closes. */
export interface PassDocument {
  readonly digest: Digest;
  readonly opened: number;
  readonly closed: number;
  /** Null where it was too much to keep. */
  readonly content: KnowledgeDocument | null;
}

type Notes = Pick<KnowledgeDocument, 'names' | 'ids'>;

/** One pass over components: what it finds is written into documents as it goes, so that memory stays bounded. */
export class Pass {
  readonly documents: PassDocument[] = [];
  readonly problems: Problem[] = [];
  /** By main name. Those that are not in it are read when they are met. */
  readonly vulnerabilities = new Map<string, Vulnerability>();
  /** Those that a component was found to have. */
  readonly met = new Set<string>();
  /** Those that are known of a component which could not be assessed, and may differ from what the store says. */
  readonly unsure = new Set<string>();
  readonly names = new Map<string, AssessedName>();
  readonly #source: Source;
  readonly #documents: Documents;
  readonly #store: AdvisoryStore;
  readonly #records: Records;
  #components = 0;
  #changes = 0;
  #opened: KnownMatch[] = [];
  #closed: KnowledgeDocument['closed'][number][] = [];

  constructor(source: Source, documents: Documents, store: AdvisoryStore) {
    this.#source = source;
    this.#documents = documents;
    this.#store = withRecentNames(store);
    this.#records = new Records(this.#store);
  }

  /**
   * Holds components against the store. All of them have a name that the store covers. Stops where the pass has opened and closed
   * `most` or more: gives how many components it came to.
   */
  async assess(purls: readonly string[], most = Number.POSITIVE_INFINITY): Promise<number> {
    let at = 0;
    while (at < purls.length && this.#changes < most) {
      await this.#assessSome(purls.slice(at, at + componentsAtOnce));
      at += componentsAtOnce;
      // Reading from SQLite never waits: without this, nothing else in the process would have its turn.
      await nextTurn();
    }
    return Math.min(at, purls.length);
  }

  async #assessSome(purls: readonly string[]): Promise<void> {
    const { matches, problems } = match(
      purls.map((purl) => ({ purl })),
      this.#store,
    );
    this.problems.push(...problems);
    const undecided = new Set(problems.filter((p) => p.code === 'version-not-comparable').map((p) => p.where));
    const byComponent = Map.groupBy(matches, (m) => m.component);
    const open = await openMatches(this.#source, purls);
    await this.#load([...open.values()].flatMap((list) => list.map((o) => o.id)));
    await this.#load(matches.map((m) => m.id));
    for (const purl of purls) {
      const key = lookupKey(purl);
      if (key === null) continue;
      const isUndecided = undecided.has(clip(purl));
      this.noteName(key, !isUndecided);
      const found = byComponent.get(purl) ?? [];
      const difference = differenceOf(
        { purl, matches: found, open: open.get(purl) ?? [], undecided: isUndecided },
        (id) => this.#vulnerability(id).names,
        (advisories) => this.#records.whyClosed(key, advisories),
      );
      for (const { id } of found) this.met.add(id);
      for (const id of difference.kept) this.unsure.add(id);
      for (const m of difference.matches) {
        this.#records.add(m);
        for (const alias of m.aliases) this.#vulnerability(m.id).names.add(alias);
      }
      for (const m of difference.opened) this.#opened.push(m);
      for (const c of difference.closed) this.#closed.push(c);
      this.#changes += difference.opened.length + difference.closed.length;
      this.#components += 1;
      if (this.#components >= mostComponents || this.#opened.length + this.#closed.length >= mostMatches) {
        await this.#write({ names: [], ids: [] }, []);
      }
    }
  }

  /** Notes that a component of a name was held against the store, or that one was left out. */
  noteName(key: NameKey, whole: boolean): void {
    const text = keyText(key);
    const known = this.names.get(text);
    if (known === undefined) this.names.set(text, { key, fingerprint: nameFingerprint(this.#store, key), whole });
    else if (!whole) known.whole = false;
  }

  /** Components that cannot be assessed now. What is known of them stays, and may not be what the store says. */
  async leave(purls: readonly string[]): Promise<void> {
    for (let at = 0; at < purls.length; at += mostComponents) {
      const open = await openMatches(this.#source, purls.slice(at, at + mostComponents));
      for (const list of open.values()) for (const { id } of list) this.unsure.add(id);
    }
  }

  /** Writes what is left, with the problems and the fingerprints. */
  async finish(notes: Notes, problems: readonly Problem[]): Promise<void> {
    let left = notes;
    if (this.#opened.length + this.#closed.length + problems.length > 0) {
      await this.#write({ names: notes.names.slice(0, mostNotes), ids: notes.ids.slice(0, mostNotes) }, problems);
      left = { names: notes.names.slice(mostNotes), ids: notes.ids.slice(mostNotes) };
    }
    for (let at = 0; at < Math.max(left.names.length, left.ids.length); at += mostNotes) {
      const part = { names: left.names.slice(at, at + mostNotes), ids: left.ids.slice(at, at + mostNotes) };
      await this.#write(part, []);
    }
  }

  async #write(notes: Notes, problems: readonly Problem[]): Promise<void> {
    const [opened, closed] = [this.#opened, this.#closed];
    this.#components = 0;
    if (opened.length + closed.length + notes.names.length + notes.ids.length + problems.length === 0) return;
    this.#opened = [];
    this.#closed = [];
    const document: KnowledgeDocument = {
      schema: 'kvitto-knowledge-1',
      snapshot: this.#store.snapshot.digest,
      ...this.#records.take(),
      opened,
      closed,
      ...notes,
      problems,
    };
    const digest = await putKnowledge(this.#documents, document);
    const content = this.#changes <= mostKept ? document : null;
    this.documents.push({ digest, opened: opened.length, closed: closed.length, content });
  }

  async #load(ids: readonly string[]): Promise<void> {
    const wanted = [...new Set(ids)].filter((id) => !this.vulnerabilities.has(id));
    if (wanted.length === 0) return;
    for (const { name, fingerprint, names } of await vulnerabilityStates(this.#source, wanted)) {
      this.vulnerabilities.set(name, { stored: fingerprint, names, known: names.size });
    }
    for (const id of wanted) {
      if (!this.vulnerabilities.has(id)) {
        this.vulnerabilities.set(id, { stored: undefined, names: new Set([id]), known: 0 });
      }
    }
  }

  #vulnerability(id: string): Vulnerability {
    return this.vulnerabilities.get(id) ?? { stored: unassessed, names: new Set([id]), known: 0 };
  }
}
