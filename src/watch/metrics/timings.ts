import { sql, type Transaction } from 'kysely';
import { among } from '../../ledger/apply/interned.ts';
import type { Tables } from '../../ledger/database/tables.ts';
import { forever } from '../../ledger/instant.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { readEntries } from '../../ledger/read-entries.ts';
import type { DeploymentEvent, KvittoEvent } from '../../model/event.ts';
import { eventsOf } from '../events/events.ts';
import type { Family, Sample } from './exposition.ts';

/** What is timed, and what the name of the metric says of it. */
export const timings = {
  publication_to_knowledge: 'From the publication of a vulnerability to when it became known of something that runs.',
  alert_to_acknowledgement: 'From the raising of an alert to its first acknowledgement.',
  knowledge_to_decision: 'From when a vulnerability became known to the first decision about it.',
  knowledge_to_fix_deployed:
    'From when a vulnerability became known to a deployment without it in the place of one with it.',
} as const;
export type TimingName = keyof typeof timings;

const [minute, hour, day] = [60, 3600, 86_400];

/** Upper bounds in seconds. The last, without a bound, is row 0. */
const bounds = [minute, 10 * minute, hour, 4 * hour, day, 3 * day, 7 * day, 14 * day, 30 * day, 90 * day, 365 * day];

interface Timed {
  readonly name: TimingName;
  readonly tookMs: number;
}

const cursor = 'timings';

/** Entries that are read for one transaction. */
const entriesAtOnce = 200;

/** What an entry may say of times. Others are passed over without being read. */
const telling = ['rescanned', 'alert-acknowledged', 'decisions-made'];

/**
 * Takes the times that entries tell into account, each entry once whoever is killed. Begins at the end that the log has when it is first called. At
 * most `mostEntries`; whether there are more.
 */
export async function takeTimings(ledger: Ledger, mostEntries = 10_000): Promise<boolean> {
  const from = await beginning(ledger);
  const { size } = await ledger.state();
  const end = Math.min(size, from + mostEntries);
  for (let at = from; at < end; at += entriesAtOnce) {
    const until = Math.min(at + entriesAtOnce, end);
    const { rows } = await sql<{ entry: number; kind: string | null }>`SELECT entry, kind FROM outbox
      WHERE entry >= ${at} AND entry < ${until} ORDER BY entry`.execute(ledger.reader);
    const timed: Timed[] = [];
    for (const { entry, kind } of rows) {
      if (kind !== null && !telling.includes(kind)) continue;
      for await (const event of eventsOf(ledger, entry)) timed.push(...(await timedBy(ledger, event)));
    }
    if (!(await keep(ledger, timed, at, until))) return true;
  }
  return end < size;
}

async function beginning(ledger: Ledger): Promise<number> {
  const { kysely } = ledger.database;
  const known = await kysely.selectFrom('cursor').select('entry').where('name', '=', cursor).executeTakeFirst();
  if (known !== undefined) return known.entry;
  const { size } = await ledger.state();
  await sql`INSERT INTO cursor (name, entry, place, failing_since, attempts, next_at, error, delivered, moved)
    VALUES (${cursor}, ${size}, 0, NULL, 0, 0, NULL, 0, 0) ON CONFLICT (name) DO NOTHING`.execute(kysely);
  return size;
}

/** Adds to what is counted and moves on, at once. False: another process was here first. */
async function keep(ledger: Ledger, timed: readonly Timed[], from: number, until: number): Promise<boolean> {
  return await ledger.database.kysely.transaction().execute(async (tx) => {
    const moved = await tx
      .updateTable('cursor')
      .set({ entry: until })
      .where('name', '=', cursor)
      .where('entry', '=', from)
      .executeTakeFirst();
    if (moved.numUpdatedRows === 0n) return false;
    for (const [name, list] of Map.groupBy(timed, (t) => t.name)) {
      const seconds = list.map((t) => t.tookMs / 1000);
      for (const bound of bounds) await add(tx, name, bound, seconds.filter((s) => s <= bound).length, 0);
      await add(
        tx,
        name,
        0,
        list.length,
        list.reduce((sum, t) => sum + t.tookMs, 0),
      );
    }
    return true;
  });
}

async function add(tx: Transaction<Tables>, name: string, bound: number, count: number, total: number): Promise<void> {
  if (count === 0) return;
  await sql`INSERT INTO timing (name, bound, count, total) VALUES (${name}, ${bound}, ${count}, ${Math.round(total)})
    ON CONFLICT (name, bound) DO UPDATE SET count = timing.count + excluded.count, total = timing.total + excluded.total`.execute(
    tx,
  );
}

async function timedBy(ledger: Ledger, event: KvittoEvent): Promise<Timed[]> {
  const at = Date.parse(event.at);
  const since = (name: TimingName, from: number): Timed[] =>
    Number.isFinite(from) ? [{ name, tookMs: Math.max(0, at - from) }] : [];
  if (event.type === 'change' && event.change === 'new') {
    return since('publication_to_knowledge', Date.parse(event.vulnerability?.published ?? ''));
  }
  if (event.type === 'alert' && event.state === 'acknowledged') {
    const first = await ledger.reader
      .selectFrom('alert')
      .select('acknowledged')
      .where('id', '=', event.alert)
      .executeTakeFirst();
    return first?.acknowledged === event.entry ? since('alert_to_acknowledgement', Date.parse(event.raised)) : [];
  }
  if (event.type === 'decision') {
    const { rows } = await sql<{ first: number | null }>`SELECT min(m.first_known) AS first FROM vulnerability_name n
      JOIN component_match m ON m.vulnerability = n.vulnerability AND m.known_to > ${at}
      WHERE n.name = ${event.vulnerability} AND NOT EXISTS (SELECT 1 FROM decision_name o JOIN decision d ON d.id = o.decision
        WHERE o.name = n.name AND d.id < ${event.decision})`.execute(ledger.reader);
    return since('knowledge_to_decision', rows[0]?.first ?? Number.NaN);
  }
  return event.type === 'deployment' && event.action === 'started' ? await fixedBy(ledger, event) : [];
}

/** What the deployments that ended with this one had open, and this one has not. */
async function fixedBy(ledger: Ledger, { entry, artifact, at }: DeploymentEvent): Promise<Timed[]> {
  const fact = (await readEntries(ledger, [entry])).get(entry);
  if (fact?.kind !== 'deployment-started' || fact.replaces.length === 0) return [];
  const ended = await sql<{ artifact: number }>`SELECT DISTINCT a.id AS artifact FROM deployment d
    JOIN artifact a ON a.id = d.artifact
    WHERE ${among(ledger.database, 'd.id', fact.replaces)} AND a.digest <> ${artifact}`.execute(ledger.reader);
  if (ended.rows.length === 0) return [];
  const moment = Date.parse(at);
  const open = sql`m.known_from <= ${moment} AND m.known_to > ${moment} AND ac.known_from <= ${moment} AND ac.known_to > ${moment}`;
  const { rows } = await sql<{ first: number }>`SELECT min(m.first_known) AS first FROM artifact_component ac
      JOIN component_match m ON m.component = ac.component
    WHERE ${among(
      ledger.database,
      'ac.artifact',
      ended.rows.map((r) => r.artifact),
    )} AND ${open} AND m.vulnerability NOT IN (
      SELECT m.vulnerability FROM artifact_component ac JOIN component_match m ON m.component = ac.component
      WHERE ac.artifact = (SELECT id FROM artifact WHERE digest = ${artifact}) AND ${open})
    AND EXISTS (SELECT 1 FROM inventory i WHERE i.artifact = (SELECT id FROM artifact WHERE digest = ${artifact}))
    GROUP BY m.vulnerability`.execute(ledger.reader);
  return rows
    .filter((r) => r.first < forever)
    .map((r) => ({ name: 'knowledge_to_fix_deployed', tookMs: Math.max(0, moment - r.first) }));
}

/** What was counted, as histograms. */
export async function timingFamilies(ledger: Ledger): Promise<Family[]> {
  const rows = await ledger.reader.selectFrom('timing').selectAll().execute();
  return (Object.keys(timings) as TimingName[]).map((name) => {
    const own = new Map(rows.filter((r) => r.name === name).map((r) => [r.bound, r]));
    const all = own.get(0);
    const samples: Sample[] = [];
    if (all !== undefined) {
      for (const bound of bounds) {
        samples.push({ suffix: '_bucket', labels: { le: String(bound) }, value: own.get(bound)?.count ?? 0 });
      }
      samples.push({ suffix: '_bucket', labels: { le: '+Inf' }, value: all.count });
      samples.push({ suffix: '_sum', labels: {}, value: all.total / 1000 });
      samples.push({ suffix: '_count', labels: {}, value: all.count });
    }
    return { name: `kvitto_${name}_seconds`, type: 'histogram', help: timings[name], samples };
  });
}
