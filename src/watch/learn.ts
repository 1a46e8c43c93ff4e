import type { FeedsDocument } from '../ledger/document-shapes.ts';
import { type Documents, isDigest } from '../ledger/documents.ts';
import type { Fact, Rescanned } from '../ledger/fact.ts';
import type { Authored } from '../ledger/ledger.ts';
import { componentsNamed, knownComponents, nameStates, type Source } from '../ledger/queries/changed-components.ts';
import { putJson } from '../ledger/record/text.ts';
import { match } from '../match/match.ts';
import type { AdvisoryStore } from '../model/advisory.ts';
import type { Digest } from '../model/inventory.ts';
import { type Problem, sortProblems } from '../model/problem.ts';
import { lookupKey, nameFingerprint } from './lookup-key.ts';
import { notesOfArtifact } from './notes.ts';
import { Pass, type PassDocument } from './pass.ts';
import { Reach } from './reach.ts';
import { Rests } from './rests.ts';
import { type Standing, standingProblems } from './standing.ts';

export interface LearnRequest {
  readonly store: AdvisoryStore;
  readonly standing: Standing;
  readonly artifact: Digest;
  /** purls of its components, those that the ledger does not know yet among them. */
  readonly components: readonly string[];
}

/** A fact that is not told by anybody yet. */
export type Told = Omit<Authored, 'actor'>;

/** What is learned by holding components against a store. */
export interface Learned {
  /** The facts in their order: the snapshot where it is new, and the pass. */
  readonly facts: readonly Told[];
  /** The pass in all, also where it takes several entries. */
  readonly rescanned: Rescanned;
  readonly problems: readonly Problem[];
  readonly pass: Pass;
  readonly rests: Rests;
}

/** Documents of one entry: their digests must fit into it. */
const mostDocuments = 500;
const mostProblems = 1_000;

/** The fact that a snapshot was met; none where the ledger knows it. */
export async function snapshotFacts(
  { reader }: Source,
  documents: Documents,
  { snapshot: { digest, feeds } }: AdvisoryStore,
  { newest }: Standing,
): Promise<{ facts: Fact[]; snapshot: Digest }> {
  if (!isDigest(digest)) throw new TypeError(`not a digest: ${digest}`);
  const known = await reader.selectFrom('snapshot').select('id').where('digest', '=', digest).executeTakeFirst();
  if (known !== undefined) return { facts: [], snapshot: digest };
  const document: FeedsDocument = { schema: 'kvitto-feeds-1', snapshot: digest, feeds, newest };
  return {
    facts: [{ kind: 'snapshot-learned', snapshot: digest, feeds: await putJson(documents, document) }],
    snapshot: digest,
  };
}

/** Problems as they are listed: sorted, and no more than an entry's document holds. */
export function capped(problems: readonly Problem[]): Problem[] {
  const sorted = sortProblems(problems);
  if (sorted.length <= mostProblems) return sorted;
  const message = `${sorted.length - mostProblems} more problems are not listed`;
  return [...sorted.slice(0, mostProblems), { code: 'limit-exceeded', where: 'problems', message }];
}

/** What a pass has to say of those components that the store cannot speak of; of nothing else. */
export function blindProblems(store: AdvisoryStore, blind: Iterable<string>): readonly Problem[] {
  return match(
    [...blind].map((purl) => ({ purl })),
    store,
  ).problems;
}

function sumOf(list: readonly PassDocument[]): Pick<Rescanned, 'opened' | 'closed' | 'documents'> {
  const sum = (what: 'opened' | 'closed') => list.reduce((all, each) => all + each[what], 0);
  return { opened: sum('opened'), closed: sum('closed'), documents: list.map((d) => d.digest) };
}

/** A pass in all, and as the facts that tell it: all but the last say that there is more. */
export function passFacts(
  of: Pick<Rescanned, 'snapshot' | 'scope' | 'components' | 'problems' | 'part'>,
  documents: readonly PassDocument[],
): { readonly rescanned: Rescanned; readonly facts: readonly Told[] } {
  const rescanned: Rescanned = { kind: 'rescanned', ...of, ...sumOf(documents) };
  const facts: Told[] = [];
  for (let at = 0; at === 0 || at < documents.length; at += mostDocuments) {
    const some = documents.slice(at, at + mostDocuments);
    const isLast = at + mostDocuments >= documents.length;
    const written = new Map(some.flatMap(({ digest, content }) => (content === null ? [] : [[digest, content]])));
    const more = { components: 0, problems: 0, part: 'more' } as const;
    facts.push({ fact: { ...rescanned, ...sumOf(some), ...(!isLast && more) }, written });
  }
  return { rescanned, facts };
}

/** What of an artifact's components has to be held against the store. */
interface Work {
  readonly purls: readonly string[];
  /** Components of which something changed, and which cannot be assessed: what is known of them stays. */
  readonly left: readonly string[];
  /** Components that the store cannot speak of. */
  readonly blind: readonly string[];
  /** Those that the ledger does not know yet. */
  readonly fresh: ReadonlySet<string>;
}

/**
 * Holds the components of an artifact against the store, as far as that has to be: those that the ledger does not know, and all
 * under names of which the store says something else than when it was last asked. What the store cannot speak of is left as it
 * is known, and told.
 */
export async function learn(source: Source, documents: Documents, request: LearnRequest): Promise<Learned> {
  const { store, standing, artifact } = request;
  const own = [...new Set(request.components)];
  const keys = new Map(own.map((purl) => [purl, lookupKey(purl)]));
  const wantedNames = [...keys.values()].filter((k) => k !== null);
  const rests = await Rests.of(source, { names: wantedNames, purls: own });
  const { facts, snapshot } = await snapshotFacts(source, documents, store, standing);
  const names = await nameStates(source, wantedNames);
  const pass = new Pass(source, documents, store);
  const work = async (): Promise<Work> => {
    const reach = new Reach(store, standing);
    const changed = names.filter((n) => reach.mayChange(n) && nameFingerprint(store, n) !== n.fingerprint);
    const wanted = await componentsNamed(
      source,
      changed.map((n) => n.id),
    );
    const known = await knownComponents(source, own);
    const fresh = new Set(own.filter((purl) => !known.has(purl)));
    const blind: string[] = [];
    for (const [purl, key] of keys) {
      if (key === null || !reach.covers(key)) blind.push(purl);
      else if (fresh.has(purl)) wanted.add(purl);
    }
    const [purls, left]: [string[], string[]] = [[], []];
    for (const purl of [...wanted].sort()) {
      const key = lookupKey(purl);
      if (key === null) continue;
      if (fresh.has(purl) ? reach.covers(key) : reach.mayChange(key)) purls.push(purl);
      else left.push(purl);
      // One version of a name was held against another store than the others: all have to be, once that is possible.
      if (fresh.has(purl) && !reach.mayChange(key)) pass.noteName(key, false);
    }
    return { purls, left, blind, fresh };
  };
  const { purls, left, blind, fresh } = await work();
  await pass.assess(purls);
  await pass.leave(left);
  const problems = capped([
    ...standingProblems(standing),
    ...blindProblems(store, blind),
    ...pass.problems.filter((p) => p.code !== 'ecosystem-unsupported'),
  ]);
  await pass.finish(notesOfArtifact(store, pass, names, fresh), problems);
  const total = { snapshot, scope: artifact, components: own.length, problems: problems.length, part: null };
  const told = passFacts(total, pass.documents);
  const all = [...facts.map((fact) => ({ fact })), ...told.facts];
  return { facts: all, rescanned: told.rescanned, problems, pass, rests };
}
