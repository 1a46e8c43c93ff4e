import type { FeedsDocument } from '../ledger/document-shapes.ts';
import { isDigest } from '../ledger/documents.ts';
import type { Fact, Rescanned } from '../ledger/fact.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { changedComponents } from '../ledger/queries/changed-components.ts';
import { openMatches } from '../ledger/queries/open-matches.ts';
import { putJson } from '../ledger/record/text.ts';
import type { AdvisoryStore } from '../model/advisory.ts';
import type { Digest } from '../model/inventory.ts';
import { sortProblems } from '../model/problem.ts';
import { assessComponents, lookupKey, nameFingerprint } from './knowledge.ts';

/** Components that are assessed together: bounds what is in memory, and the size of a document. */
const componentsAtOnce = 2_000;

/** What is learned by holding components against a store. */
export interface Learned {
  /** The facts in their order: the snapshot where it is new, and the pass. */
  readonly facts: readonly Fact[];
  readonly rescanned: Rescanned;
}

/** The fact that a snapshot was met; none where the ledger knows it. */
async function snapshotFacts(ledger: Ledger, store: AdvisoryStore): Promise<{ facts: Fact[]; snapshot: Digest }> {
  const { digest, feeds } = store.snapshot;
  if (!isDigest(digest)) throw new TypeError(`not a digest: ${digest}`);
  const known = await ledger.reader.selectFrom('snapshot').select('id').where('digest', '=', digest).executeTakeFirst();
  if (known !== undefined) return { facts: [], snapshot: digest };
  const document: FeedsDocument = { schema: 'kvitto-feeds-1', snapshot: digest, feeds };
  return {
    facts: [{ kind: 'snapshot-learned', snapshot: digest, feeds: await putJson(ledger.documents, document) }],
    snapshot: digest,
  };
}

/**
 * Holds against the store what has to be: `components` (purls; those the ledger does not know yet among them), and all that the
 * ledger knows under a name of which the store says something else than when it was last asked. `scope`: the artifact that the
 * components are of, or `all` with every name that the ledger knows.
 */
export async function learn(
  ledger: Ledger,
  store: AdvisoryStore,
  scope: Digest | 'all',
  components: readonly string[],
): Promise<Learned> {
  const { facts, snapshot } = await snapshotFacts(ledger, store);
  const wanted = await changedComponents(ledger, {
    names: scope === 'all' ? 'all' : components.map(lookupKey).filter((k) => k !== null),
    fingerprintOfName: (key) => nameFingerprint(store, key),
    fingerprintOfId: (id) => store.factsFingerprint(id),
  });
  const known = await ledger.reader.selectFrom('component').select('purl').execute();
  const has = new Set(known.map((k) => k.purl));
  const purls = [...new Set([...wanted, ...components.filter((c) => !has.has(c))])].sort();
  const documents: Digest[] = [];
  const problems = [];
  let [opened, closed] = [0, 0];
  for (let at = 0; at < purls.length; at += componentsAtOnce) {
    const part = purls.slice(at, at + componentsAtOnce);
    const assessed = assessComponents(part, await openMatches(ledger, part), store);
    opened += assessed.document.opened.length;
    closed += assessed.document.closed.length;
    problems.push(...assessed.problems);
    documents.push(await putJson(ledger.documents, assessed.document));
  }
  const rescanned: Rescanned = {
    kind: 'rescanned',
    snapshot,
    scope,
    components: scope === 'all' ? has.size : new Set(components).size,
    opened,
    closed,
    problems: sortProblems(problems).length,
    documents,
  };
  return { facts: [...facts, rescanned], rescanned };
}
