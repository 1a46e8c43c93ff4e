import { sql } from 'kysely';
import { mostAlerts } from '../ledger/apply/alerts.ts';
import type { CursorRow } from '../ledger/database/tables.ts';
import type { Instant } from '../ledger/instant.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { AlertHistory } from '../ledger/queries/alerts.ts';
import type { ConfiguredSink } from './config/config.ts';
import { cursorName } from './relay/cursors.ts';

/** Where a sink stands. */
export interface SinkState {
  readonly name: string;
  /** Null for one that is not in the configuration any more. */
  readonly type: string | null;
  /** What flows there by itself; null for one that is not in the configuration. */
  readonly events: readonly string[] | null;
  /** The next entry that it is told of; null for one that was not served yet. */
  readonly entry: number | null;
  /** Entries of the log from there on. */
  readonly behind: number;
  readonly delivered: number;
  /** When its place moved last. */
  readonly moved: Instant | null;
  /** Set while its receiver does not take anything. */
  readonly failing: {
    readonly since: Instant;
    readonly attempts: number;
    readonly nextAt: Instant;
    readonly error: string;
  } | null;
  readonly deadLetters: number;
}

/** Every sink of a configuration in its order, then those that were in one before, by name. */
export async function sinkStates(ledger: Ledger, sinks: readonly ConfiguredSink[]): Promise<SinkState[]> {
  const { size } = await ledger.state();
  const prefix = cursorName('');
  const rows = await ledger.reader.selectFrom('cursor').selectAll().where('name', 'like', `${prefix}%`).execute();
  const cursors = new Map(rows.map((row) => [row.name.slice(prefix.length), row]));
  const { rows: counted } = await sql<{ sink: string; count: number }>`SELECT sink, count(*) AS count FROM dead_letter
    GROUP BY sink`.execute(ledger.reader);
  const dead = new Map(counted.map(({ sink, count }) => [sink, Number(count)]));
  const configured = new Map(sinks.map((s) => [s.name, s]));
  const others = [...new Set([...cursors.keys(), ...dead.keys()])].filter((name) => !configured.has(name)).sort();
  return [...configured.keys(), ...others].map((name) => {
    const [row, own] = [cursors.get(name), configured.get(name)];
    return {
      name,
      type: own?.sink.id ?? null,
      events: own === undefined ? null : [...own.events],
      entry: row?.entry ?? null,
      behind: row === undefined ? 0 : Math.max(0, size - row.entry),
      delivered: row?.delivered ?? 0,
      moved: row?.moved ?? null,
      failing: failingOf(row),
      deadLetters: dead.get(name) ?? 0,
    };
  });
}

function failingOf(row: CursorRow | undefined): SinkState['failing'] {
  if (row === undefined || row.failing_since === null) return null;
  return { since: row.failing_since, attempts: row.attempts, nextAt: row.next_at, error: row.error ?? '' };
}

/** Whether one sink was told of an alert, or of its escalation. */
export interface Told {
  readonly sink: string;
  readonly what: 'raised' | 'escalated';
  /** `unserved`: nobody has delivered to this sink yet. */
  readonly state: 'delivered' | 'waiting' | 'failing' | 'dead' | 'unserved';
  /** Why it fails, or was given up. */
  readonly reason: string | null;
}

/** Who was told of an alert: the sinks of its rule and of its escalation, and those that take all alerts. */
export async function toldOf(
  ledger: Ledger,
  { ref, document, escalation }: AlertHistory,
  sinks: readonly ConfiguredSink[],
): Promise<Told[]> {
  const all = sinks.filter((s) => s.events.has('alert')).map((s) => s.name);
  const raised = { entry: Math.floor(ref.alert / mostAlerts), place: ref.alert % mostAlerts };
  const told: Told[] = [];
  for (const sink of new Set([...document.send, ...all])) {
    told.push({ sink, what: 'raised', ...(await deliveryOf(ledger, sink, raised)) });
  }
  if (escalation === null) return told;
  for (const sink of new Set([...escalation.send, ...all])) {
    const at = { entry: escalation.entry, place: 0 };
    told.push({ sink, what: 'escalated', ...(await deliveryOf(ledger, sink, at)) });
  }
  return told;
}

async function deliveryOf(
  { reader }: Ledger,
  sink: string,
  { entry, place }: { readonly entry: number; readonly place: number },
): Promise<Pick<Told, 'state' | 'reason'>> {
  const dead = await reader
    .selectFrom('dead_letter')
    .select('reason')
    .where('sink', '=', sink)
    .where('entry', '=', entry)
    .where('place', '=', place)
    .executeTakeFirst();
  if (dead !== undefined) return { state: 'dead', reason: dead.reason };
  const cursor = await reader.selectFrom('cursor').selectAll().where('name', '=', cursorName(sink)).executeTakeFirst();
  if (cursor === undefined) return { state: 'unserved', reason: null };
  const past = cursor.entry > entry || (cursor.entry === entry && cursor.place > place);
  if (past) return { state: 'delivered', reason: null };
  return cursor.failing_since === null
    ? { state: 'waiting', reason: null }
    : { state: 'failing', reason: cursor.error };
}

/** An event that a sink did not take, and that nobody sends it any more. */
export interface DeadLetter {
  readonly sink: string;
  readonly event: string;
  readonly entry: number;
  readonly place: number;
  readonly reason: string;
  readonly at: Instant;
}

/** Dead letters of one sink (null: of all), in the order of sinks and of the log. */
export async function deadLetters({ reader }: Ledger, sink: string | null): Promise<DeadLetter[]> {
  let query = reader.selectFrom('dead_letter').selectAll();
  if (sink !== null) query = query.where('sink', '=', sink);
  return await query.orderBy('sink').orderBy('entry').orderBy('place').execute();
}
