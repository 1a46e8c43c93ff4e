import { sql } from 'kysely';
import { conditionKinds } from '../../ledger/document-shapes.ts';
import { forever, type Instant } from '../../ledger/instant.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { readEntries } from '../../ledger/read-entries.ts';
import { type FeedState, severityLevels } from '../../model/advisory.ts';
import { exposition, type Family, type Sample } from './exposition.ts';
import type { FindingCounts } from './findings.ts';
import { timingFamilies } from './timings.ts';

export interface MetricsRequest {
  /** Kept between calls. */
  readonly counts: FindingCounts;
  /** Of the advisory store; empty where there is none. */
  readonly feeds: readonly FeedState[];
  /** Names of the sinks that are configured: rows of others are left out. */
  readonly sinks: readonly string[];
  readonly version: string;
  /** How long findings may be counted, in milliseconds. */
  readonly budgetMs: number;
}

const seconds = (at: Instant) => at / 1000;

const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({
  name,
  type: 'gauge',
  help,
  samples,
});
const one = (value: number): Sample[] => [{ labels: {}, value }];

/**
 * All that Prometheus is told, in its text format. No label holds a vulnerability, a component or an artifact: their number is
 * bounded by services, environments, severities, feeds and sinks. `empty`: names also what has no value.
 */
export async function metricsText(ledger: Ledger, request: MetricsRequest, { empty = false } = {}): Promise<string> {
  const pending = await request.counts.refresh(ledger, request.budgetMs);
  const { size, last_recorded } = await ledger.state();
  const families = [
    gauge('kvitto_build_info', 'Always 1; the version stands in the label.', [
      { labels: { version: request.version }, value: 1 },
    ]),
    ...request.counts.families(),
    gauge(
      'kvitto_findings_pending',
      'Services and environments whose findings are still to be counted anew.',
      one(pending),
    ),
    ...(await timingFamilies(ledger)),
    ...feedFamilies(request.feeds),
    ...(await workFamilies(ledger)),
    ...(await alertFamilies(ledger)),
    ...(await sinkFamilies(ledger, request.sinks, size)),
    gauge('kvitto_ledger_entries', 'Entries of the log.', one(size)),
    gauge(
      'kvitto_ledger_last_entry_timestamp_seconds',
      'When the last entry was recorded.',
      one(seconds(last_recorded)),
    ),
  ];
  return exposition(families, { empty });
}

function feedFamilies(feeds: readonly FeedState[]): Family[] {
  const of = (value: (feed: FeedState) => number) => feeds.map((f) => ({ labels: { feed: f.id }, value: value(f) }));
  return [
    gauge(
      'kvitto_feed_confirmed_timestamp_seconds',
      'When the source of a feed was last confirmed to be in the state that is used.',
      of((f) => seconds(Date.parse(f.asOf))),
    ),
    gauge(
      'kvitto_feed_records',
      'Records of a feed.',
      of((f) => f.records),
    ),
    gauge(
      'kvitto_feed_bad_records',
      'Records of a feed that could not be read.',
      of((f) => f.badRecords),
    ),
  ];
}

/** When things were last done, and what holds that should not. */
async function workFamilies(ledger: Ledger): Promise<Family[]> {
  const { reader } = ledger;
  const rescan = await sql<{
    at: number | null;
  }>`SELECT max(known_from) AS at FROM rescan WHERE artifact IS NULL`.execute(reader);
  const jobs = await reader.selectFrom('job').selectAll().orderBy('name').execute();
  const held = await sql<{ what: string; count: number }>`SELECT what, count(*) AS count FROM condition
    WHERE known_to = ${forever} GROUP BY what`.execute(reader);
  const now = ledger.parts.clock().getTime();
  const running = await sql<{ environment: string; count: number }>`SELECT e.name AS environment, count(*) AS count
    FROM period p JOIN environment e ON e.id = p.environment WHERE p.known_to = ${forever}
      AND p.valid_from <= ${now} AND p.valid_to > ${now} GROUP BY e.name ORDER BY e.name`.execute(reader);
  const drift = await sql<{
    environment: string;
    drift: number;
    at: number;
  }>`SELECT e.name AS environment, o.drift, o.at
    FROM observation o JOIN environment e ON e.id = o.environment
    WHERE o.id IN (SELECT max(id) FROM observation GROUP BY environment) ORDER BY e.name`.execute(reader);
  const at = rescan.rows[0]?.at ?? null;
  const counts = new Map(held.rows.map((r) => [r.what, r.count]));
  const cycle = jobs.find((j) => j.name === 'cycle');
  return [
    gauge(
      'kvitto_last_rescan_timestamp_seconds',
      'When all that is known was last held against the advisories.',
      at === null ? [] : one(seconds(at)),
    ),
    gauge(
      'kvitto_watch_last_cycle_timestamp_seconds',
      'When a watch last ended a whole cycle: feeds, rescan, conditions.',
      cycle?.last_done == null ? [] : one(seconds(cycle.last_done)),
    ),
    gauge(
      'kvitto_job_failing',
      'Whether the last try of a job failed.',
      jobs
        .filter(({ name }) => !name.startsWith('watch:'))
        .map(({ name, last_error }) => ({ labels: { job: name }, value: last_error === null ? 0 : 1 })),
    ),
    gauge(
      'kvitto_conditions',
      'What holds and should not, by kind: stale feeds, decisions that run out, releases without support …',
      conditionKinds.map((what) => ({ labels: { what }, value: counts.get(what) ?? 0 })),
    ),
    gauge(
      'kvitto_deployments',
      'Deployments that run.',
      running.rows.map((r) => ({ labels: { environment: r.environment }, value: r.count })),
    ),
    gauge(
      'kvitto_drift',
      'Differences between what was last seen running and what is recorded.',
      drift.rows.map((r) => ({ labels: { environment: r.environment }, value: r.drift })),
    ),
    gauge(
      'kvitto_last_observation_timestamp_seconds',
      'When somebody last looked at what runs.',
      drift.rows.map((r) => ({ labels: { environment: r.environment }, value: seconds(r.at) })),
    ),
  ];
}

async function alertFamilies(ledger: Ledger): Promise<Family[]> {
  const { rows } = await sql<{ severity: number; acknowledged: number; count: number; oldest: number }>`SELECT severity,
      CASE WHEN acknowledged IS NULL THEN 0 ELSE 1 END AS acknowledged, count(*) AS count, min(known_from) AS oldest
    FROM alert WHERE resolved IS NULL GROUP BY 1, 2`.execute(ledger.reader);
  const open = severityLevels.flatMap((severity, level) =>
    [0, 1].map((acknowledged) => ({
      labels: { severity, acknowledged: acknowledged === 1 ? 'true' : 'false' },
      value: rows.find((r) => r.severity === level && r.acknowledged === acknowledged)?.count ?? 0,
    })),
  );
  const waiting = rows.filter((r) => r.acknowledged === 0).map((r) => r.oldest);
  return [
    gauge('kvitto_alerts_open', 'Alerts that are not resolved.', open),
    gauge(
      'kvitto_alerts_oldest_unacknowledged_timestamp_seconds',
      'When the oldest open alert was raised that nobody acknowledged.',
      waiting.length === 0 ? [] : one(seconds(Math.min(...waiting))),
    ),
  ];
}

async function sinkFamilies(ledger: Ledger, sinks: readonly string[], size: number): Promise<Family[]> {
  const rows = await ledger.reader
    .selectFrom('cursor')
    .selectAll()
    .where('name', 'like', 'sink:%')
    .orderBy('name')
    .execute();
  const own = rows.flatMap((row) => {
    const sink = row.name.slice('sink:'.length);
    return sinks.includes(sink) ? [{ ...row, sink }] : [];
  });
  const behind = own.filter((r) => r.entry < size);
  const entries = await readEntries(
    ledger,
    behind.map((r) => r.entry),
  );
  const dead = await sql<{
    sink: string;
    count: number;
  }>`SELECT sink, count(*) AS count FROM dead_letter GROUP BY sink`.execute(ledger.reader);
  const letters = new Map(dead.rows.map((r) => [r.sink, r.count]));
  const of = (value: (row: (typeof own)[number]) => number) =>
    own.map((r) => ({ labels: { sink: r.sink }, value: value(r) }));
  return [
    gauge(
      'kvitto_outbox_length',
      'Entries of the log that a sink has not dealt with.',
      of((r) => size - r.entry),
    ),
    gauge(
      'kvitto_outbox_oldest_timestamp_seconds',
      'When the oldest entry was recorded that a sink has not dealt with.',
      behind.flatMap((r) => {
        const recorded = entries.get(r.entry)?.recorded;
        return recorded === undefined ? [] : [{ labels: { sink: r.sink }, value: seconds(Date.parse(recorded)) }];
      }),
    ),
    {
      name: 'kvitto_deliveries_total',
      type: 'counter',
      help: 'Events that a sink confirmed.',
      samples: of((r) => r.delivered),
    },
    gauge(
      'kvitto_delivery_attempts_failed',
      'Tries in a row that failed.',
      of((r) => r.attempts),
    ),
    gauge(
      'kvitto_dead_letters',
      'Events that a sink refused, or that were tried for too long.',
      of((r) => letters.get(r.sink) ?? 0),
    ),
  ];
}
