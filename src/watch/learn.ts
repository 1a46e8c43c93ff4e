import { type FeedsDocument, unassessed } from '../ledger/document-shapes.ts';
import { type Documents, isDigest } from '../ledger/documents.ts';
import type { Fact, Rescanned } from '../ledger/fact.ts';
import {
  componentCounts,
  componentsNamed,
  componentsWith,
  knownComponents,
  type NameKey,
  type NameState,
  nameStates,
  type Source,
  vulnerabilityStates,
} from '../ledger/queries/changed-components.ts';
import { putJson } from '../ledger/record/text.ts';
import { match } from '../match/match.ts';
import type { AdvisoryStore } from '../model/advisory.ts';
import type { Digest } from '../model/inventory.ts';
import { type Problem, sortProblems } from '../model/problem.ts';
import { ecosystemsOf, factsFingerprint, keyText, lookupKey, nameFingerprint } from './lookup-key.ts';
import { Pass, type PassDocument } from './pass.ts';
import { holdsBack, type Standing, standingProblems } from './standing.ts';

/** What a pass looks at. */
export type Scope =
  /** All that the ledger knows. `full`: also what the store says the same of as before. */
  | { readonly kind: 'all'; readonly full: boolean }
  /** One artifact with its components (purls), those that the ledger does not know yet among them. */
  | { readonly kind: 'artifact'; readonly artifact: Digest; readonly components: readonly string[] };

export interface LearnRequest {
  readonly store: AdvisoryStore;
  readonly standing: Standing;
  readonly scope: Scope;
  /** Problems that are told with those of the pass. */
  readonly problems: readonly Problem[];
}

/** What is learned by holding components against a store. */
export interface Learned {
  /** The facts in their order: the snapshot where it is new, and the pass. */
  readonly facts: readonly Fact[];
  /** The pass in all, also where it takes several entries. */
  readonly rescanned: Rescanned;
  readonly problems: readonly Problem[];
  /** How many components were held against the store anew. */
  readonly assessed: number;
}

/** Documents of one entry: their digests must fit into it. */
const mostDocuments = 500;
const mostProblems = 1_000;

/** The fact that a snapshot was met; none where the ledger knows it. */
async function snapshotFacts(
  { reader }: Source,
  documents: Documents,
  { store: { snapshot }, standing }: LearnRequest,
): Promise<{ facts: Fact[]; snapshot: Digest }> {
  const { digest, feeds } = snapshot;
  if (!isDigest(digest)) throw new TypeError(`not a digest: ${digest}`);
  const known = await reader.selectFrom('snapshot').select('id').where('digest', '=', digest).executeTakeFirst();
  if (known !== undefined) return { facts: [], snapshot: digest };
  const document: FeedsDocument = { schema: 'kvitto-feeds-1', snapshot: digest, feeds, newest: standing.newest };
  return {
    facts: [{ kind: 'snapshot-learned', snapshot: digest, feeds: await putJson(documents, document) }],
    snapshot: digest,
  };
}

/** Which names a store can speak of, and of which it may change what is known. */
class Reach {
  readonly #store: AdvisoryStore;
  readonly #standing: Standing;
  readonly #known = new Map<string, { covers: boolean; may: boolean }>();

  constructor({ store, standing }: LearnRequest) {
    this.#store = store;
    this.#standing = standing;
  }

  covers(key: NameKey): boolean {
    return this.#of(key).covers;
  }

  mayChange(key: NameKey): boolean {
    return this.#of(key).may;
  }

  #of(key: NameKey): { covers: boolean; may: boolean } {
    let known = this.#known.get(key.ecosystem);
    if (known === undefined) {
      const ecosystems = ecosystemsOf(key);
      const covers = ecosystems.every((e) => this.#store.covers(e));
      known = { covers, may: covers && !ecosystems.some((e) => holdsBack(this.#standing, e)) };
      this.#known.set(key.ecosystem, known);
    }
    return known;
  }
}

/** What has to be held against the store. */
interface Work {
  /** Components that are assessed, sorted. */
  readonly purls: readonly string[];
  /** Components of which something changed, and which cannot be assessed: what is known of them stays. */
  readonly left: readonly string[];
  /** Components of the scope that the store cannot speak of. */
  readonly blind: readonly string[];
  /** Those that the ledger does not know yet. */
  readonly fresh: ReadonlySet<string>;
  /** Names of the scope as the ledger knows them. */
  readonly names: readonly NameState[];
  readonly components: number;
}

async function workOn(source: Source, request: LearnRequest, pass: Pass): Promise<Work> {
  const { store, scope } = request;
  const reach = new Reach(request);
  const own = scope.kind === 'all' ? [] : [...new Set(scope.components)];
  const keys = new Map(own.map((purl) => [purl, lookupKey(purl)]));
  const wantedNames = scope.kind === 'all' ? 'all' : [...keys.values()].filter((k) => k !== null);
  const names = await nameStates(source, wantedNames);
  const full = scope.kind === 'all' && scope.full;
  const changed = names.filter((n) => reach.mayChange(n) && (full || nameFingerprint(store, n) !== n.fingerprint));
  const ids = (list: readonly NameState[]) => list.map((n) => n.id);
  const wanted = await componentsNamed(source, ids(changed));
  const blind = new Set<string>();
  const fresh = new Set<string>();
  let components = own.length;
  if (scope.kind === 'all') {
    const states = await vulnerabilityStates(source, 'all');
    const moved = states.filter((v) => full || factsFingerprint(store, v.names) !== v.fingerprint);
    for (const { name, fingerprint, names: all } of states)
      pass.vulnerabilities.set(name, { stored: fingerprint, names: all });
    for (const { name } of moved) pass.met.add(name);
    for (const purl of await componentsWith(
      source,
      moved.map((v) => v.id),
    ))
      wanted.add(purl);
    const { total, nameless } = await componentCounts(source);
    components = total;
    for (const purl of nameless) blind.add(purl);
    for (const purl of await componentsNamed(source, ids(names.filter((n) => !reach.covers(n))))) blind.add(purl);
  } else {
    const known = await knownComponents(source, own);
    for (const [purl, key] of keys) {
      if (!known.has(purl)) fresh.add(purl);
      if (key === null || !reach.covers(key)) blind.add(purl);
      else if (!known.has(purl)) wanted.add(purl);
    }
  }
  const purls: string[] = [];
  const left: string[] = [];
  for (const purl of [...wanted].sort()) {
    const key = lookupKey(purl);
    if (key === null) continue;
    if (fresh.has(purl) ? reach.covers(key) : reach.mayChange(key)) purls.push(purl);
    else left.push(purl);
    // One version of a name was held against another store than the others: all have to be, once that is possible.
    if (fresh.has(purl) && !reach.mayChange(key)) pass.noteName(key, false);
  }
  return { purls, left, blind: [...blind], fresh, names, components };
}

/** The fingerprints that differ from what the ledger holds. */
function notesOf({ store, scope }: LearnRequest, { names, fresh }: Work, pass: Pass) {
  const stored = new Map(names.map((n) => [keyText(n), n.fingerprint]));
  for (const purl of fresh) {
    const key = lookupKey(purl);
    // The entry that records the artifact leaves this for a name with a new component.
    if (key !== null) stored.set(keyText(key), unassessed);
  }
  const noted: [string, string, string | null][] = [];
  for (const [text, { key, whole }] of pass.names) {
    const print = whole ? nameFingerprint(store, key) : unassessed;
    if (print !== stored.get(text)) noted.push([key.ecosystem, key.name, print]);
  }
  const ids: [string, string | null][] = [];
  for (const id of new Set([...pass.met, ...pass.unsure])) {
    const known = pass.vulnerabilities.get(id);
    if (known === undefined) continue;
    let print = factsFingerprint(store, known.names);
    // Other components with it were not looked at.
    const partly = scope.kind === 'artifact' && known.stored !== undefined && known.stored !== print;
    if (partly || pass.unsure.has(id)) print = unassessed;
    if (print !== (known.stored ?? null) || (known.stored === undefined && print !== null)) ids.push([id, print]);
  }
  return { names: noted.sort(byFirst), ids: ids.sort(byFirst) };
}

function byFirst(a: readonly unknown[], b: readonly unknown[]): number {
  const [x, y] = [a.slice(0, 2).join('\0'), b.slice(0, 2).join('\0')];
  return x < y ? -1 : x > y ? 1 : 0;
}

function capped(problems: readonly Problem[]): Problem[] {
  const sorted = sortProblems(problems);
  if (sorted.length <= mostProblems) return sorted;
  const message = `${sorted.length - mostProblems} more problems are not listed`;
  return [...sorted.slice(0, mostProblems), { code: 'limit-exceeded', where: 'problems', message }];
}

/**
 * Holds against the store what has to be: components that the ledger does not know, and those of whose name or vulnerabilities the
 * store says something else than when it was last asked. What the store cannot speak of is left as it is known, and told.
 */
export async function learn(source: Source, documents: Documents, request: LearnRequest): Promise<Learned> {
  const { store, scope, standing } = request;
  const { facts, snapshot } = await snapshotFacts(source, documents, request);
  const pass = new Pass(source, documents, store);
  const work = await workOn(source, request, pass);
  await pass.assess(work.purls);
  await pass.leave(work.left);
  const blind = match(
    work.blind.map((purl) => ({ purl })),
    store,
  );
  const problems = capped([
    ...request.problems,
    ...standingProblems(standing),
    ...blind.problems,
    ...pass.problems.filter((p) => p.code !== 'ecosystem-unsupported'),
  ]);
  await pass.finish(notesOf(request, work, pass), problems);
  const total = {
    kind: 'rescanned' as const,
    snapshot,
    scope: scope.kind === 'all' ? ('all' as const) : scope.artifact,
    components: work.components,
    problems: problems.length,
  };
  const rescanned: Rescanned = { ...total, ...sumOf(pass.documents) };
  const entries: Rescanned[] = [];
  for (let at = 0; at === 0 || at < pass.documents.length; at += mostDocuments) {
    const part = sumOf(pass.documents.slice(at, at + mostDocuments));
    entries.push({ ...total, ...(at > 0 && { components: 0, problems: 0 }), ...part });
  }
  return { facts: [...facts, ...entries], rescanned, problems, assessed: work.purls.length };
}

function sumOf(list: readonly PassDocument[]): Pick<Rescanned, 'opened' | 'closed' | 'documents'> {
  const sum = (what: 'opened' | 'closed') => list.reduce((all, each) => all + each[what], 0);
  return { opened: sum('opened'), closed: sum('closed'), documents: list.map((d) => d.digest) };
}
