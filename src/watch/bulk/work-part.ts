import type { Ledger, Moment } from '../../ledger/ledger.ts';
import { appendUnlessChanged } from '../append-unless-changed.ts';
import { passFacts, type Told } from '../learn.ts';
import type { Held, PartSize, PartWork } from './plan.ts';
import { type Claim, isOpen, noteResult, type PartResult } from './rows.ts';
import { type Stretch, type Stride, Walk } from './walk.ts';

/** Where others changed the same again and again, it is worked out while nobody else can write: little at a time. */
const shortStride: Stride = { components: 200, changes: 3_000 };
const mostTries = 3;

/** Who works on a pass, and how it is held against what is known. */
export interface PartWorker extends Held {
  readonly ledger: Ledger;
  readonly actor: string;
  readonly leaseMs: number;
  readonly size: PartSize;
}

/** The fact of a stretch; none where it found nothing, and said so of nothing. */
async function toldOf({ store }: Held, { pass, notes, assessed }: Stretch): Promise<readonly Told[]> {
  await pass.finish(notes, []);
  if (pass.documents.length === 0) return [];
  const snapshot = store.snapshot.digest as `sha256:${string}`;
  const of = { snapshot, scope: 'all', components: assessed.length, problems: 0, part: 'more' } as const;
  return passFacts(of, pass.documents).facts;
}

function resultOf({ pass, problems, assessed }: Stretch, told: readonly Told[], { index }: Moment): PartResult {
  const sum = (what: 'opened' | 'closed') => pass.documents.reduce((all, each) => all + each[what], 0);
  return {
    entries: told.length === 0 ? [] : [[index, told.length]],
    documents: pass.documents.map((d) => d.digest),
    opened: sum('opened'),
    closed: sum('closed'),
    assessed: assessed.length,
    problems,
    unsure: [...pass.unsure],
    expired: [],
  };
}

/**
 * Holds the components of a part against the store and appends what that changes, stretch by stretch, each an entry with the
 * fingerprints of the names that it completes. Whoever does a part again, after one who was killed, finds nothing left of what
 * was appended. Ends early where somebody else has done it meanwhile, or where the pass is not known any more.
 */
export async function workPart(worker: PartWorker, claim: Claim, signal: AbortSignal | null): Promise<void> {
  const { ledger, actor, store, leaseMs, size } = worker;
  const stride: Stride = { components: Number.POSITIVE_INFINITY, changes: size.changes };
  const { documents, database } = ledger;
  const walk = new Walk(worker, JSON.parse(claim.work) as PartWork);
  for (let isOver = false; !isOver; ) {
    signal?.throwIfAborted();
    const { worked } = await appendUnlessChanged(
      ledger,
      actor,
      async (source, tries) => {
        const stretch = await walk.next(source, documents, tries <= mostTries ? stride : shortStride);
        return { stretch, told: await toldOf(worker, stretch) };
      },
      async ({ stretch, told }, moment, isAlone) => {
        const source = { reader: moment.tx, database };
        if (!(await isOpen(moment.tx, claim))) {
          isOver = true;
          return [];
        }
        if (!isAlone && !(await stretch.rests.hold(source, store, stretch.pass))) return null;
        const result = resultOf(stretch, told, moment);
        await noteResult(ledger, moment.tx, claim, { result, isDone: stretch.isLast, leaseMs });
        return told;
      },
    );
    walk.took(worked.stretch);
    isOver ||= worked.stretch.isLast;
  }
}
