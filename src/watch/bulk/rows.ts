import { hostname } from 'node:os';
import { sql, type Transaction } from 'kysely';
import type { Reader } from '../../ledger/database/database.ts';
import type { Tables } from '../../ledger/database/tables.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Digest } from '../../model/inventory.ts';
import type { Problem } from '../../model/problem.ts';
import type { Standing } from '../standing.ts';
import type { PartWork, Plan } from './plan.ts';

/*
 * A pass over everything that is under way: a row for each part, and one that completes it. A row says what its part has led to,
 * in the transaction of the entry that did. The rows of a pass that is over stay until the next begins, so that all who worked
 * on it can tell what came of it.
 */

/** Number of the part that completes the pass: it can be taken when all others are done. */
export const finishPart = 1_000_000;

/** What the last part is about. */
export interface FinishWork {
  readonly standing: Standing;
  readonly full: boolean;
  readonly force: boolean;
  readonly moved: Plan['moved'];
  readonly components: number;
  /** How many entries there were when the plan was made. */
  readonly since: number;
}

/** What a part has led to so far. */
export interface PartResult {
  /** First entry and count of each append. */
  readonly entries: readonly (readonly [first: number, count: number])[];
  readonly documents: readonly Digest[];
  readonly opened: number;
  readonly closed: number;
  readonly assessed: number;
  readonly problems: readonly Problem[];
  /** Vulnerabilities that are known of a component which could not be assessed. */
  readonly unsure: readonly string[];
  /** Of the last part: numbers of decisions that ran out. */
  readonly expired: readonly number[];
}

export const nothingYet: PartResult = {
  entries: [],
  documents: [],
  opened: 0,
  closed: 0,
  assessed: 0,
  problems: [],
  unsure: [],
  expired: [],
};

/** Two results as one, the second after the first. */
export function joined(a: PartResult, b: PartResult): PartResult {
  return {
    entries: [...a.entries, ...b.entries],
    documents: [...a.documents, ...b.documents],
    opened: a.opened + b.opened,
    closed: a.closed + b.closed,
    assessed: a.assessed + b.assessed,
    problems: [...a.problems, ...b.problems],
    unsure: [...new Set([...a.unsure, ...b.unsure])],
    expired: [...a.expired, ...b.expired],
  };
}

/** A part that this worker has, until its lease ends: then it may be somebody else's as well, and the first to append counts. */
export interface Claim {
  readonly bulk: number;
  readonly part: number;
  readonly work: string;
}

const here = `${process.pid}@${hostname()}`;
let workers = 0;

/** A name for a worker: where it runs tells others on this machine whether it is still there. */
export function newWorker(): string {
  workers += 1;
  return `${here}/${workers}-${Math.random().toString(36).slice(2, 10)}`;
}

/** Times of leases are those of PostgreSQL's clock, so that workers' clocks may differ; on SQLite all are on one machine. */
function now({ database }: Ledger) {
  return database.kind === 'postgres'
    ? sql<number>`(extract(epoch FROM clock_timestamp()) * 1000)::bigint`
    : sql<number>`${sql.lit(Date.now())}`;
}

/** Changes rows of parts, and nothing that the log tells. On SQLite the folder is held as by everybody who writes. */
async function change<T>(ledger: Ledger, work: (tx: Transaction<Tables>) => Promise<T>): Promise<T> {
  const { kysely, kind } = ledger.database;
  const run = () => kysely.transaction().execute(work);
  return kind === 'sqlite' ? await ledger.locked(run) : await run();
}

/** The pass that is under way, with what its last part is about; null where there is none. */
export async function openBulk(
  reader: Reader,
): Promise<{ readonly bulk: number; readonly snapshot: string; readonly finish: FinishWork } | null> {
  const { rows } = await sql<{ bulk: number; snapshot: string; work: string }>`SELECT bulk, snapshot, work
    FROM rescan_part WHERE part = ${sql.lit(finishPart)} AND done = 0 ORDER BY bulk DESC LIMIT 1`.execute(reader);
  const [row] = rows;
  return row === undefined ? null : { ...row, finish: JSON.parse(row.work) as FinishWork };
}

/** Forgets all passes: what is left of them to do is found again by the next plan. */
export async function forgetBulks(tx: Reader): Promise<void> {
  await sql`DELETE FROM rescan_part`.execute(tx);
}

/** Begins a pass, in the transaction of the append that its number is of. */
export async function insertBulk(
  tx: Reader,
  bulk: number,
  snapshot: string,
  { parts, finish }: { readonly parts: readonly PartWork[]; readonly finish: FinishWork },
): Promise<void> {
  await forgetBulks(tx);
  const row = { bulk, snapshot, worker: null, lease: 0, done: 0, result: JSON.stringify(nothingYet) };
  for (const [part, work] of parts.entries()) {
    await tx
      .insertInto('rescan_part')
      .values({ ...row, part, work: JSON.stringify(work) })
      .execute();
  }
  await tx
    .insertInto('rescan_part')
    .values({ ...row, part: finishPart, work: JSON.stringify(finish) })
    .execute();
}

function isGone(worker: string): boolean {
  const [pid, host] = worker.split('/', 1)[0]?.split('@', 2) ?? [];
  if (host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH';
  }
}

/** Gives back what workers of this machine have that are not there any more, or one that ended in another way. */
export async function giveBack(ledger: Ledger, bulk: number, ended: readonly string[] = []): Promise<void> {
  const { rows } = await sql<{ worker: string }>`SELECT DISTINCT worker FROM rescan_part
    WHERE bulk = ${bulk} AND done = 0 AND worker IS NOT NULL`.execute(ledger.reader);
  for (const { worker } of rows) {
    if (!ended.includes(worker) && !isGone(worker)) continue;
    await change(ledger, (tx) =>
      sql`UPDATE rescan_part SET worker = NULL, lease = 0 WHERE bulk = ${bulk} AND done = 0 AND worker = ${worker}`.execute(
        tx,
      ),
    );
  }
}

/** Who asks for a part, and for which: any, or the last. */
interface ClaimRequest {
  readonly worker: string;
  readonly leaseMs: number;
  readonly parts: boolean;
  readonly finish: boolean;
}

/** Takes the next part that nobody has; null where there is none now. */
export async function claim(
  ledger: Ledger,
  bulk: number,
  { worker, leaseMs, parts, finish }: ClaimRequest,
): Promise<Claim | null> {
  if (!parts && !finish) return null;
  const skip = ledger.database.kind === 'postgres' ? sql`FOR UPDATE SKIP LOCKED` : sql``;
  const least = sql.lit(parts ? 0 : finishPart);
  const most = sql.lit(finish ? finishPart : finishPart - 1);
  const taken = await change(ledger, (tx) =>
    sql<Claim>`UPDATE rescan_part SET worker = ${worker}, lease = ${now(ledger)} + ${sql.lit(leaseMs)}
      WHERE bulk = ${bulk} AND part = (SELECT part FROM rescan_part p
        WHERE bulk = ${bulk} AND done = 0 AND part BETWEEN ${least} AND ${most} AND (worker IS NULL OR lease < ${now(ledger)})
          AND (part < ${sql.lit(finishPart)} OR NOT EXISTS (SELECT 1 FROM rescan_part o
            WHERE o.bulk = ${bulk} AND o.done = 0 AND o.part < ${sql.lit(finishPart)}))
        ORDER BY part LIMIT 1 ${skip})
      RETURNING bulk, part, work`.execute(tx),
  );
  return taken.rows[0] ?? null;
}

/** Whether a part is still to be done. `tx`: of an append, so that it stays so until that is over. */
export async function isOpen(tx: Reader, { bulk, part }: Claim): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM rescan_part
    WHERE bulk = ${bulk} AND part = ${part} AND done = 0`.execute(tx);
  return rows.length > 0;
}

/** Notes what a part led to, in the transaction of the entries that it led to. Whoever goes on with it has its lease anew. */
export async function noteResult(
  ledger: Ledger,
  tx: Reader,
  { bulk, part }: Claim,
  { result, isDone, leaseMs }: { readonly result: PartResult; readonly isDone: boolean; readonly leaseMs: number },
): Promise<void> {
  const { rows } = await sql<{ result: string }>`SELECT result FROM rescan_part
    WHERE bulk = ${bulk} AND part = ${part}`.execute(tx);
  const before = JSON.parse(rows[0]?.result ?? JSON.stringify(nothingYet)) as PartResult;
  await sql`UPDATE rescan_part SET result = ${JSON.stringify(joined(before, result))}, done = ${isDone ? 1 : 0},
    lease = ${now(ledger)} + ${sql.lit(leaseMs)} WHERE bulk = ${bulk} AND part = ${part}`.execute(tx);
}

/** What the parts of a pass have led to, in the order of its parts; null where the pass is not known any more. */
export async function resultsOf(
  reader: Reader,
  bulk: number,
): Promise<{ readonly all: PartResult; readonly last: PartResult; readonly isOver: boolean } | null> {
  const { rows } = await sql<{ part: number; done: number; result: string }>`SELECT part, done, result
    FROM rescan_part WHERE bulk = ${bulk} ORDER BY part`.execute(reader);
  const final = rows.at(-1);
  if (final === undefined) return null;
  const results = rows.map((row) => JSON.parse(row.result) as PartResult);
  const all = results.reduce(joined, nothingYet);
  return { all, last: results.at(-1) ?? nothingYet, isOver: final.done === 1 };
}

/** Whether the pass is over; null where it is not known any more. */
export async function isOver(reader: Reader, bulk: number): Promise<boolean | null> {
  const { rows } = await sql<{ done: number }>`SELECT done FROM rescan_part
    WHERE bulk = ${bulk} AND part = ${sql.lit(finishPart)}`.execute(reader);
  return rows[0] === undefined ? null : rows[0].done === 1;
}
