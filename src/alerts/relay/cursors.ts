import { type RawBuilder, sql, type Transaction } from 'kysely';
import { writeBeside } from '../../ledger/beside.ts';
import type { Reader } from '../../ledger/database/database.ts';
import type { CursorRow, Tables } from '../../ledger/database/tables.ts';
import type { Instant } from '../../ledger/instant.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { KvittoEvent } from '../../model/event.ts';
import { clip } from '../../model/problem.ts';
import { behind, type Place } from './place.ts';

const longestReason = 2_000;

/** Name of a sink's cursor, and of the job of serving it. */
export function cursorName(sink: string): string {
  return `sink:${sink}`;
}

/** The claim of a job under which somebody works: what he writes after he lost it changes nothing. */
export interface Fence {
  readonly job: string;
  readonly claim: number;
}

export async function readCursor(reader: Reader, sink: string): Promise<CursorRow | null> {
  const row = await reader.selectFrom('cursor').selectAll().where('name', '=', cursorName(sink)).executeTakeFirst();
  return row ?? null;
}

/**
 * The cursor of a sink. One that is new begins at the end of the log as it is now: what was known before it was named is not told to it. One that
 * is not in the configuration any more keeps its cursor, and goes on there when it comes back.
 */
export async function beginCursor(ledger: Ledger, sink: string, now: Instant): Promise<CursorRow> {
  const there = await readCursor(ledger.reader, sink);
  if (there !== null) return there;
  return await writeBeside(ledger, async (tx) => {
    const name = cursorName(sink);
    await sql`INSERT INTO cursor (name, entry, place, failing_since, attempts, next_at, error, delivered, moved)
      SELECT ${name}, size, 0, NULL, 0, 0, NULL, 0, CAST(${now} AS BIGINT) FROM ledger WHERE one = 1
      ON CONFLICT (name) DO NOTHING`.execute(tx);
    const row = await readCursor(tx, sink);
    if (row === null) throw new TypeError(`no cursor for ${sink}`);
    return row;
  });
}

/**
 * Sets a sink's cursor to the first event of an entry: what lies behind it is told again, with the ids that it had. Makes the cursor where there
 * is none. Whoever serves the sink takes it up from there.
 */
export async function setCursor(ledger: Ledger, sink: string, entry: number, now: Instant): Promise<void> {
  await beginCursor(ledger, sink, now);
  await writeBeside(ledger, async (tx) => {
    await tx
      .updateTable('cursor')
      .set({ entry, place: 0, failing_since: null, attempts: 0, next_at: 0, error: null, moved: now })
      .where('name', '=', cursorName(sink))
      .execute();
  });
}

/** What an attempt leaves. */
export interface Step {
  readonly from: Place;
  readonly to: Place;
  readonly delivered: number;
  /** Set where the event behind those that were delivered is given up. */
  readonly dead: { readonly event: KvittoEvent; readonly reason: string } | null;
  /** Set where it is to be tried again. */
  readonly failure: {
    readonly since: Instant;
    readonly attempts: number;
    readonly nextAt: Instant;
    readonly message: string;
  } | null;
}

/**
 * Notes what an attempt left, in one transaction. False, and nothing is changed, where the cursor does not stand where the attempt began, or the
 * claim is lost: somebody else serves the sink, or set its cursor.
 */
export async function noteStep(
  ledger: Ledger,
  sink: string,
  { from, to, delivered, dead, failure }: Step,
  { fence, now }: { readonly fence: Fence | null; readonly now: Instant },
): Promise<boolean> {
  return await writeBeside(ledger, async (tx) => {
    const after = dead === null ? to : behind(dead.event);
    const moved = from.entry !== after.entry || from.place !== after.place;
    let update = tx
      .updateTable('cursor')
      .set((row) => ({
        entry: after.entry,
        place: after.place,
        delivered: row('delivered', '+', delivered),
        failing_since: failure?.since ?? null,
        attempts: failure?.attempts ?? 0,
        next_at: failure?.nextAt ?? 0,
        error: failure === null ? null : clip(failure.message, longestReason),
        ...(moved && { moved: now }),
      }))
      .where('name', '=', cursorName(sink))
      .where('entry', '=', from.entry)
      .where('place', '=', from.place);
    if (fence !== null) update = update.where(held(fence));
    const { numUpdatedRows } = await update.executeTakeFirst();
    if (numUpdatedRows === 0n) return false;
    if (dead !== null) await bury(tx, sink, dead.event, dead.reason, now);
    return true;
  });
}

function held({ job, claim }: Fence): RawBuilder<boolean> {
  return sql<boolean>`EXISTS (SELECT 1 FROM job WHERE job.name = ${job} AND job.claim = ${claim} AND job.owner IS NOT NULL)`;
}

async function bury(
  tx: Transaction<Tables>,
  sink: string,
  { id, entry, place }: KvittoEvent,
  reason: string,
  at: Instant,
): Promise<void> {
  const row = { sink, event: id, entry, place, reason: clip(reason, longestReason), at };
  await tx
    .insertInto('dead_letter')
    .values(row)
    .onConflict((conflict) => conflict.columns(['sink', 'event']).doUpdateSet({ reason: row.reason, at }))
    .execute();
}
