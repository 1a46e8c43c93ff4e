import type { Rescanned } from '../../ledger/fact.ts';
import type { Appended, Ledger, Moment } from '../../ledger/ledger.ts';
import type { Source } from '../../ledger/queries/changed-components.ts';
import { vulnerabilityStates } from '../../ledger/queries/changed-components.ts';
import { CodedError } from '../../model/errors.ts';
import type { Problem } from '../../model/problem.ts';
import { appendUnlessChanged } from '../append-unless-changed.ts';
import { blindProblems, capped, passFacts, snapshotFacts, type Told } from '../learn.ts';
import { joinedIds, notesOfMoved } from '../notes.ts';
import { entriesNow, learnedSince } from '../rests.ts';
import { standingAlone, standingOf, standingProblems } from '../standing.ts';
import { expiryFacts, openedBy } from './finish.ts';
import { blindComponents, type Held, type PartSize, type Plan, planOf } from './plan.ts';
import { forgetBulks, insertBulk, openBulk } from './rows.ts';
import { type Stretch, Walk } from './walk.ts';

/** A pass over everything that was small enough to be one entry. */
export interface Passed {
  readonly appended: Appended;
  readonly rescanned: Rescanned;
  readonly problems: readonly Problem[];
  readonly assessed: number;
  readonly expired: readonly number[];
}

export interface BeginRequest extends Omit<Held, 'standing'> {
  readonly ledger: Ledger;
  readonly actor: string;
  readonly force: boolean;
  readonly size: PartSize;
  /** Problems of the feeds' age, told with those of the pass. */
  readonly aged: readonly Problem[];
}

interface Begun {
  readonly held: Held;
  readonly plan: Plan;
  /** Entries when the plan was made. */
  readonly since: number;
  readonly facts: readonly Told[];
  /** The whole pass, where it fits one entry. */
  readonly small: Small | null;
}

interface Small {
  readonly stretch: Stretch;
  readonly problems: readonly Problem[];
  readonly moved: readonly { readonly id: number; readonly name: string }[];
  readonly told: ReturnType<typeof passFacts>;
}

async function heldBy(source: Source, { ledger, store, full, force }: BeginRequest): Promise<Held> {
  const standing = force ? standingAlone(store) : await standingOf(source, ledger.documents, store);
  if (standing.unfit === null) return { store, standing, full };
  throw new CodedError(
    'usage',
    `the advisory store is older than what was used before, or lacks a part of it: ${standing.unfit}`,
    { remedy: 'run: kvitto db update (or, to unlearn what this store does not know: kvitto rescan --force)' },
  );
}

/** Does the one part of a plan; null where it turns out to be too much for one entry. */
async function passAtOnce(
  source: Source,
  request: BeginRequest,
  held: Held,
  plan: Plan,
  snapshot: Rescanned['snapshot'],
): Promise<Small | null> {
  const { documents } = request.ledger;
  const { store, standing } = held;
  const walk = new Walk(held, plan.parts[0] ?? { names: [], purls: [] });
  const stretch = await walk.next(source, documents, {
    components: Number.POSITIVE_INFINITY,
    changes: request.size.changesAlone,
  });
  if (!stretch.isLast) return null;
  const { pass, notes } = stretch;
  const before = new Map(plan.moved);
  const states = await vulnerabilityStates(source, [...before.keys()]);
  const moved = states
    .filter((v) => !pass.unsure.has(v.name))
    .map((v) => ({ ...v, names: pass.vulnerabilities.get(v.name)?.names ?? v.names }));
  const blind = blindProblems(store, await blindComponents(source, held));
  const problems = capped([...request.aged, ...standingProblems(standing), ...blind, ...stretch.problems]);
  await pass.finish({ names: notes.names, ids: joinedIds(notes.ids, notesOfMoved(store, moved)) }, problems);
  const of = { snapshot, scope: 'all', components: plan.components, problems: problems.length, part: null } as const;
  return { stretch, problems, moved, told: passFacts(of, pass.documents) };
}

/** Whether what a small pass rests on is as it was read. */
async function holds(request: BeginRequest, { stretch, moved }: Small, since: number, tx: Moment['tx']) {
  const source = { reader: tx, database: request.ledger.database };
  if (!(await stretch.rests.hold(source, request.store, stretch.pass))) return false;
  return (await openedBy(source, await learnedSince(tx, since), moved)).size === 0;
}

/**
 * Plans a pass over everything. What fits one entry is done at once; for more, its parts are laid down to be taken by workers.
 * Gives the pass, or the number of the one that is under way: of these parts, or of another process that began the same meanwhile.
 */
export async function begin(request: BeginRequest): Promise<Passed | { readonly bulk: number }> {
  const { ledger, actor, store, full, force } = request;
  let bulk: number | null = null;
  let expired: readonly number[] = [];
  const { appended, worked } = await appendUnlessChanged<Begun>(
    ledger,
    actor,
    async (source) => {
      const since = await entriesNow(source.reader);
      const held = await heldBy(source, request);
      const { facts, snapshot } = await snapshotFacts(source, ledger.documents, store, held.standing);
      const plan = await planOf(source, held, request.size);
      const small = plan.parts.length > 1 ? null : await passAtOnce(source, request, held, plan, snapshot);
      return { held, plan, since, small, facts: facts.map((fact) => ({ fact })) };
    },
    async ({ held, plan, since, small, facts }, { tx, index, recorded }, isAlone) => {
      const open = await openBulk(tx);
      if (open !== null && isSame(open, request)) {
        bulk = open.bulk;
        return [];
      }
      bulk = null;
      if (small === null) {
        bulk = index;
        const finish = { standing: held.standing, full, force, moved: plan.moved, components: plan.components, since };
        await insertBulk(tx, index, store.snapshot.digest, { parts: plan.parts, finish });
        return facts;
      }
      if (!isAlone && !(await holds(request, small, since, tx))) return null;
      await forgetBulks(tx);
      const expiry = await expiryFacts(tx, recorded);
      expired = expiry.expired;
      return [...facts, ...small.told.facts, ...expiry.told];
    },
  );
  if (bulk !== null) return { bulk };
  const { small } = worked;
  if (small === null) throw new TypeError('a pass that neither began nor was done');
  const { stretch, problems, told } = small;
  return { appended, rescanned: told.rescanned, problems, assessed: stretch.assessed.length, expired };
}

/** Whether a pass that is under way does what is asked for. */
export function isSame(
  open: NonNullable<Awaited<ReturnType<typeof openBulk>>>,
  { store, full, force }: Pick<BeginRequest, 'store' | 'full' | 'force'>,
): boolean {
  const { snapshot, finish } = open;
  return snapshot === store.snapshot.digest && (finish.full || !full) && (finish.force || !force);
}
