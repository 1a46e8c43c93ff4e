import { sql } from 'kysely';
import { among, parts } from '../../ledger/apply/interned.ts';
import type { Reader } from '../../ledger/database/database.ts';
import { forever, type Instant } from '../../ledger/instant.ts';
import type { Source } from '../../ledger/queries/changed-components.ts';
import { vulnerabilityStates } from '../../ledger/queries/changed-components.ts';
import type { Digest } from '../../model/inventory.ts';
import type { Problem } from '../../model/problem.ts';
import { appendUnlessChanged } from '../append-unless-changed.ts';
import { blindProblems, capped, passFacts, type Told } from '../learn.ts';
import { notesOfMoved } from '../notes.ts';
import { Pass } from '../pass.ts';
import { entriesNow, learnedSince } from '../rests.ts';
import { standingProblems } from '../standing.ts';
import { blindComponents } from './plan.ts';
import { type Claim, type FinishWork, isOpen, noteResult, nothingYet, type PartResult, resultsOf } from './rows.ts';
import type { PartWorker } from './work-part.ts';

/** Decisions of one entry. */
const mostExpired = 3_000;

/** Decisions whose time ran out, that nothing took the place of, and that no entry says so of yet. */
async function expiredDecisions(reader: Reader, at: Instant): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`SELECT id FROM decision
    WHERE known_to = ${forever} AND valid_to <= ${at} AND expired IS NULL ORDER BY id`.execute(reader);
  return rows.map((r) => r.id);
}

/** Facts that say of decisions that their time ran out, and their numbers. */
export async function expiryFacts(reader: Reader, at: Instant): Promise<{ told: Told[]; expired: number[] }> {
  const expired = await expiredDecisions(reader, at);
  const told = [...parts(expired, mostExpired)].map((decisions) => ({
    fact: { kind: 'decisions-expired', decisions } as const,
  }));
  return { told, expired };
}

/** Of some vulnerabilities: those that one of these entries opened, and that are still open so. */
export async function openedBy(
  { reader, database }: Source,
  entries: readonly number[],
  vulnerabilities: readonly { readonly id: number; readonly name: string }[],
): Promise<Set<string>> {
  const found = new Set<string>();
  if (entries.length === 0) return found;
  const names = new Map(vulnerabilities.map((v) => [v.id, v.name]));
  for (const part of parts([...names.keys()], 1_000)) {
    const { rows } = await sql<{ id: number }>`SELECT DISTINCT vulnerability AS id FROM component_match
      WHERE ${among(database, 'vulnerability', part)} AND known_to = ${forever} AND ${among(database, 'opened', entries)}`.execute(
      reader,
    );
    for (const { id } of rows) found.add(names.get(id) ?? '');
  }
  return found;
}

/**
 * Completes a pass of which all parts are done: notes what the facts say of the vulnerabilities that had moved, and what could
 * not be assessed. What others opened since the plan may have been held against another store: that is left to the next pass.
 */
export async function finishBulk(
  worker: PartWorker,
  claim: Claim,
  aged: readonly Problem[],
  signal: AbortSignal | null,
): Promise<void> {
  const { ledger, actor, store, standing, leaseMs } = worker;
  const { documents, database } = ledger;
  const work = JSON.parse(claim.work) as FinishWork;
  const done = (await resultsOf(ledger.reader, claim.bulk))?.all ?? nothingYet;
  signal?.throwIfAborted();
  const own = new Set(done.entries.flatMap(([first, count]) => Array.from({ length: count }, (_, at) => first + at)));
  const unsure = new Set(done.unsure);
  await appendUnlessChanged(
    ledger,
    actor,
    async (source) => {
      const size = await entriesNow(source.reader);
      const others = (await learnedSince(source.reader, work.since)).filter((entry) => !own.has(entry));
      const before = new Map(work.moved);
      const states = await vulnerabilityStates(source, [...before.keys()]);
      const opened = await openedBy(source, others, states);
      const moved = states.filter(
        (v) => before.get(v.name) === v.fingerprint && !unsure.has(v.name) && !opened.has(v.name),
      );
      const pass = new Pass(source, documents, store);
      const blind = blindProblems(store, await blindComponents(source, worker));
      const problems = capped([...aged, ...standingProblems(standing), ...blind, ...done.problems]);
      await pass.finish({ names: [], ids: notesOfMoved(store, moved) }, problems);
      return { pass, problems, moved, size };
    },
    async ({ pass, problems, moved, size }, { tx, recorded, index }, isAlone) => {
      if (!(await isOpen(tx, claim))) return [];
      if (!isAlone) {
        const others = (await learnedSince(tx, size)).filter((entry) => !own.has(entry));
        if ((await openedBy({ reader: tx, database }, others, moved)).size > 0) return null;
      }
      const snapshot = store.snapshot.digest as Digest;
      const of = { snapshot, scope: 'all', components: work.components, problems: problems.length } as const;
      const { facts } = passFacts({ ...of, part: null }, pass.documents);
      const { told, expired } = await expiryFacts(tx, recorded);
      const all = [...facts, ...told];
      const result: PartResult = {
        ...nothingYet,
        entries: [[index, all.length]],
        documents: pass.documents.map((d) => d.digest),
        problems,
        expired,
      };
      await noteResult(ledger, tx, claim, { result, isDone: true, leaseMs });
      return all;
    },
  );
}
