import { sql } from 'kysely';
import { type SeverityLevel, severityLevels } from '../../model/advisory.ts';
import { CodedError } from '../../model/errors.ts';
import type { Digest } from '../../model/inventory.ts';
import type { AlertRow } from '../database/tables.ts';
import type { AlertDocument } from '../document-shapes.ts';
import type { Instant } from '../instant.ts';
import type { Ledger } from '../ledger.ts';
import { readAlert, readText } from '../read-documents.ts';
import { readEntries } from '../read-entries.ts';
import type { TextRef } from './answers.ts';
import { numberOf } from './known-at.ts';

/** An alert as it stands. */
export interface AlertRef {
  /** Its number, as `kvitto ack` takes it. */
  readonly alert: number;
  readonly rule: string;
  readonly thread: string;
  readonly service: string | null;
  readonly environment: string | null;
  /** Worst of its changes. */
  readonly severity: SeverityLevel;
  readonly exploited: boolean;
  /** Changes in all. */
  readonly total: number;
  readonly message: string;
  readonly owner: string | null;
  /** Document that holds it. */
  readonly document: Digest;
  readonly raised: Instant;
  /** When it is escalated unless somebody acknowledges it; null for never. */
  readonly escalateAt: Instant | null;
  /** The entry that escalated it. */
  readonly escalated: number | null;
  /** The first that counts. */
  readonly acknowledged: { readonly entry: number; readonly at: Instant; readonly by: string } | null;
  readonly resolved: { readonly entry: number; readonly at: Instant } | null;
}

export interface AlertsRequest {
  /** Resolved ones too. */
  readonly all: boolean;
  readonly service: string | null;
  /** Only what was raised at or after a moment. */
  readonly since?: Instant | null;
  /** Rows of a page; all by default. */
  readonly limit?: number;
}

export interface Alerts {
  readonly at: Instant;
  /** How many there are; `alerts` is one page. */
  readonly total: number;
  /** Open before resolved, exploited before others, worst first, then the newest. */
  readonly alerts: readonly AlertRef[];
}

/** Alerts as they stand now. Throws `not-in-ledger` for a service that the ledger does not know. */
export async function alerts(ledger: Ledger, { all, service, since = null, limit }: AlertsRequest): Promise<Alerts> {
  if (service !== null) await numberOf(ledger, 'service', service);
  const conditions = [
    sql<boolean>`1 = 1`,
    ...(all ? [] : [sql<boolean>`resolved IS NULL`]),
    ...(service === null ? [] : [sql<boolean>`service = ${service.normalize('NFC')}`]),
    ...(since === null ? [] : [sql<boolean>`known_from >= ${since}`]),
  ];
  const which = sql.join(conditions, sql` AND `);
  const page = limit === undefined ? sql`` : sql`LIMIT ${limit}`;
  const { rows: counted } = await sql<{ count: number }>`SELECT count(*) AS count FROM alert WHERE ${which}`.execute(
    ledger.reader,
  );
  const { rows } = await sql<AlertRow>`SELECT * FROM alert WHERE ${which}
    ORDER BY CASE WHEN resolved IS NULL THEN 0 ELSE 1 END, exploited DESC, severity, id DESC ${page}`.execute(
    ledger.reader,
  );
  const list: AlertRef[] = [];
  for (const row of rows) list.push(alertRef(row, await documentOf(ledger, row)));
  const at = Math.max(ledger.parts.clock().getTime(), (await ledger.state()).last_recorded);
  return { at, total: Number(counted[0]?.count ?? 0), alerts: list };
}

async function documentOf({ documents }: Ledger, { document }: AlertRow): Promise<AlertDocument> {
  return readAlert(await documents.get(document as Digest), document as Digest);
}

function alertRef(row: AlertRow, { message, owner }: AlertDocument): AlertRef {
  const { id: alert, rule, thread, service, environment, exploited, total, document, known_from: raised } = row;
  const { acknowledged, acknowledged_at, acknowledged_by, resolved, resolved_at, escalated } = row;
  return {
    ...{ alert, rule, thread, service, environment },
    severity: severityLevels[row.severity] ?? 'unknown',
    exploited: exploited === 1,
    ...{ total, message, owner, raised },
    document: document as Digest,
    escalateAt: row.escalate_at,
    escalated,
    acknowledged:
      acknowledged === null ? null : { entry: acknowledged, at: acknowledged_at ?? raised, by: acknowledged_by ?? '' },
    resolved: resolved === null ? null : { entry: resolved, at: resolved_at ?? raised },
  };
}

/** That somebody acknowledged an alert. */
export interface Acknowledgement {
  readonly entry: number;
  readonly at: Instant;
  readonly by: string;
  /** What they wrote; null for nothing. */
  readonly note: TextRef | null;
}

/** Everything about one alert. */
export interface AlertHistory {
  readonly ref: AlertRef;
  readonly document: AlertDocument;
  /** When it was escalated, and to which sinks. */
  readonly escalation: { readonly entry: number; readonly at: Instant; readonly send: readonly string[] } | null;
  /** All of them, the first first. */
  readonly acknowledgements: readonly Acknowledgement[];
}

/** Throws `not-in-ledger` for an alert that there is not. */
export async function alertHistory(ledger: Ledger, alert: number): Promise<AlertHistory> {
  const row = await ledger.reader.selectFrom('alert').selectAll().where('id', '=', alert).executeTakeFirst();
  if (row === undefined) {
    throw new CodedError('not-in-ledger', `there is no alert ${alert}`, {
      remedy: 'kvitto alerts --all lists them with their numbers',
    });
  }
  const document = await documentOf(ledger, row);
  const ref = alertRef(row, document);
  const escalation = row.escalated === null ? null : await escalationOf(ledger, row.escalated);
  return { ref, document, escalation, acknowledgements: await acknowledgementsOf(ledger, row) };
}

async function escalationOf(ledger: Ledger, index: number): Promise<AlertHistory['escalation']> {
  const entry = (await readEntries(ledger, [index])).get(index);
  if (entry?.kind !== 'alert-escalated') throw new TypeError(`entry ${index} escalated nothing`);
  return { entry: index, at: Date.parse(entry.recorded), send: entry.send };
}

/** The first stands in the table; of those after it only the log knows. */
async function acknowledgementsOf(ledger: Ledger, { id, acknowledged }: AlertRow): Promise<Acknowledgement[]> {
  if (acknowledged === null) return [];
  const rows = await ledger.reader
    .selectFrom('outbox')
    .select('entry')
    .where('kind', '=', 'alert-acknowledged')
    .where('entry', '>=', acknowledged)
    .orderBy('entry')
    .execute();
  const entries = await readEntries(
    ledger,
    rows.map((r) => r.entry),
  );
  const found: Acknowledgement[] = [];
  for (const [index, entry] of entries) {
    if (entry.kind !== 'alert-acknowledged' || entry.alert !== id) continue;
    const note = entry.text === null ? null : await noteOf(ledger, index, entry.text);
    found.push({ entry: index, at: Date.parse(entry.recorded), by: entry.actor, note });
  }
  return found.sort((a, b) => a.entry - b.entry);
}

async function noteOf(ledger: Ledger, entry: number, document: Digest): Promise<TextRef> {
  // Gone only where it was redacted: opening and verifying tell anything else.
  if (!(await ledger.documents.has(document))) return { entry, document, text: null, redacted: true };
  const { texts } = readText(await ledger.documents.get(document), document);
  return { entry, document, text: texts.map((t) => t['note'] ?? '').join('\n'), redacted: false };
}
