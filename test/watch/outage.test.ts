// Every sink is down for the length of the test, and then comes back; meanwhile others record, and the watches are killed. What was
// recorded arrives at every sink: exactly that, and in order. KVITTO_KILLS=all: 100 kills on each database; a few without.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { storePaths } from '../../src/advisories/paths.ts';
import { openStore } from '../../src/advisories/store/open.ts';
import { eventIdOf } from '../../src/alerts/testing/chat-stage.ts';
import { verifyLedger } from '../../src/evidence/verify-ledger.ts';
import { forever } from '../../src/ledger/instant.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { severityLevels } from '../../src/model/advisory.ts';
import { type AlertEvent, eventTypes } from '../../src/model/event.ts';
import { rescan } from '../../src/watch/rescan.ts';
import { scratch } from '../real/parts.ts';
import { postgresMissing, startPostgres } from '../real/postgres.ts';
import {
  type Chooses,
  chained,
  expectedAt,
  holdsAlerts,
  holdsIssues,
  holdsWhatArrived,
  openThreads,
} from './outage-checks.ts';
import { type OutageSinks, startSinks } from './outage-sinks.ts';
import { type Recorder, startRecorder, Workers } from './outage-workers.ts';
import { bundleProgram, eventsFrom, watchStage } from './stage.ts';

const all = process.env['KVITTO_KILLS'] === 'all';
const kills = all ? 100 : 12;
/** Kills after which the sinks come back: some of them happen while there is much to deliver. */
const downFor = all ? 60 : 9;
const drainMs = 240_000;

const people = ['mail', 'slack', 'teams', 'mattermost', 'pager'];
const trackers = ['github', 'gitlab', 'jira'];
const rules: Readonly<Record<string, Chooses>> = {
  everything: () => true,
  'each-by-itself': (c) => ['new', 'exploited', 'severity-up'].includes(c.change),
  exploited: (c) => (c.after ?? c.before)?.exploited === true,
};

function configText({ sinks }: OutageSinks): string {
  const there = new Set(sinks.map((s) => s.name));
  const those = (names: readonly string[]) => names.filter((name) => there.has(name));
  const named = sinks.map(({ name, type, events, settings }) => [name, { type, events, ...settings }]);
  return JSON.stringify({
    version: 1,
    maxDbAge: '365d',
    sinks: Object.fromEntries(named),
    alerts: [
      { name: 'everything', send: those(people), escalate: { after: '4s', send: those(['mail', 'pager']) } },
      {
        ...{ name: 'each-by-itself', by: 'vulnerability', changes: ['new', 'exploited', 'severity-up'] },
        send: those([...trackers, 'pager']),
      },
      { name: 'exploited', exploited: true, every: '2s', send: those(['mail', ...trackers]) },
    ],
  });
}

/** Waits until there is nothing more to be done: all told, nothing held back, nobody to be escalated to. */
async function settled(ledger: Ledger, { sinks }: OutageSinks, since: number): Promise<void> {
  const end = performance.now() + drainMs;
  let [size, still] = [-1, 0];
  const missing = async () => {
    const cursors = await ledger.reader.selectFrom('cursor').selectAll().execute();
    const behind = sinks.flatMap(({ name }) => {
      const row = cursors.find((c) => c.name === `sink:${name}`);
      return row !== undefined && row.entry >= size ? [] : [`${name} at ${row?.entry}/${row?.place}: ${row?.error}`];
    });
    const { rows } = await sql<{ held: number; waiting: number }>`SELECT (SELECT count(*) FROM held) AS held,
      (SELECT count(*) FROM alert WHERE escalate_at IS NOT NULL AND escalated IS NULL AND acknowledged IS NULL AND resolved IS NULL) AS waiting`.execute(
      ledger.reader,
    );
    const [{ held, waiting } = { held: 0, waiting: 0 }] = rows;
    const cycle = await ledger.reader.selectFrom('job').selectAll().where('name', '=', 'cycle').executeTakeFirst();
    const ran = (cycle?.last_began ?? 0) > since && (cycle?.last_done ?? 0) >= (cycle?.last_began ?? 0);
    return [
      ...behind,
      ...(Number(held) > 0 ? ['something is held back'] : []),
      ...(Number(waiting) > 0 ? ['somebody is to be told'] : []),
      ...(ran ? [] : [`no cycle ran since ${since}: ${JSON.stringify(cycle)}`]),
    ];
  };
  for (;;) {
    const now = (await ledger.state()).size;
    still = now === size ? still + 1 : 0;
    size = now;
    const left = await missing();
    // Rules are looked at within a second of an entry.
    if (left.length === 0 && still >= 12) return;
    if (performance.now() > end) throw new Error(`not settled within ${drainMs / 1000} s: ${left.join('; ')}`);
    await pause(250);
  }
}

async function outage(t: TestContext, databaseUrl: string | null, workerCount: number): Promise<void> {
  const name = databaseUrl === null ? 'outage' : 'outage-postgres';
  const stage = watchStage(name, programs.kvitto, databaseUrl);
  const sinks = await startSinks(join(scratch(name), 'sinks'));
  const recorders: Recorder[] = [];
  for (const each of sinks.leftOut) t.diagnostic(`LEFT OUT: ${each}`);
  try {
    stage.configure(configText(sinks));
    const ledger = await stage.open();
    const { size: from } = await ledger.state();
    // The places of all sinks, and of the rules, before anything is recorded that they should be told.
    assert.ok([0, 3, 4].includes(Number(await stage.watch('--once', '--no-update').ended)));
    const work = { home: stage.home, databaseUrl, pauseMs: all ? 600 : 300 };
    await startRecorder(programs.recorder, { ...work, what: 'begin' }).end();
    for (const what of ['facts', 'knowledge'] as const)
      recorders.push(startRecorder(programs.recorder, { ...work, what }));
    const workers = new Workers(stage, workerCount);
    const began = performance.now();
    let backAt = began;
    for (let kill = 0; kill < kills; kill++) {
      if (kill === downFor) {
        for (const { ids, name: sink } of sinks.sinks) assert.equal(ids?.().length ?? 0, 0, `${sink} was down`);
        for (const sink of sinks.sinks) await sink.open();
        backAt = performance.now();
      }
      await workers.killOne();
    }
    for (const recorder of recorders.splice(0)) await recorder.end();
    const recorded = Date.now();
    const killedAt = performance.now();
    await workers.calm();
    await settled(ledger, sinks, recorded).catch((thrown: unknown) => {
      throw new Error(`${String(thrown)}\n${workers.last()}`);
    });
    const settledAt = performance.now();
    await workers.end();
    assert.deepEqual(workers.bugs(), []);

    const events = await eventsFrom(ledger, from, new Set(eventTypes));
    const alerts = events.filter((e): e is AlertEvent => e.type === 'alert');
    const types = Map.groupBy(events, (e) => e.type);
    const states = Map.groupBy(alerts, (a) => a.state);
    const counted = (map: ReadonlyMap<string, readonly unknown[]>) => [...map].map(([k, v]) => `${v.length} ${k}`);
    const seconds = (ms: number) => `${Math.round(ms / 100) / 10} s`;
    t.diagnostic(
      `${kills} kills of ${workerCount} watches in ${seconds(killedAt - began)}; down for ${seconds(backAt - began)}; settled ${seconds(settledAt - backAt)} after the sinks were back`,
    );
    t.diagnostic(`${events.length} events: ${counted(types).join(', ')}; alerts ${counted(states).join(', ')}`);
    for (const complaint of workers.complaints()) t.diagnostic(complaint);

    // The log.
    const verdict = await verifyLedger(ledger, { quick: false, file: null });
    assert.equal(verdict.outcome, 'pass', JSON.stringify(verdict.checks));
    holdsAlerts(events, rules);
    assert.deepEqual(chained(events), await knownOfWhatRuns(ledger));
    const conditions = await ledger.reader
      .selectFrom('condition')
      .selectAll()
      .where('known_to', '=', forever)
      .execute();
    const keys = conditions.map((c) => `${c.what} ${c.subject} ${c.level}`);
    assert.deepEqual(keys, [...new Set(keys)], 'what holds began once');

    // The sinks.
    assert.deepEqual(await ledger.reader.selectFrom('dead_letter').selectAll().execute(), []);
    assert.deepEqual(sinks.faults, []);
    const doubles: string[] = [];
    for (const sink of sinks.sinks) {
      const expected = expectedAt(sink, events);
      assert.ok(expected.length > 0, `${sink.name} is told something`);
      if (sink.ids === null) continue;
      const twice = holdsWhatArrived(sink, sink.ids(), expected);
      doubles.push(`${sink.name} ${expected.length}${twice === 0 ? '' : ` + ${twice}`}`);
      if (sink.desk !== null) holdsIssues(sink, expected, eventIdOf);
    }
    t.diagnostic(`arrived, + what came twice: ${doubles.join(', ')}`);
    const pager = sinks.sinks.find((s) => s.name === 'pager');
    if (sinks.active !== null && pager !== undefined) {
      const open = openThreads(expectedAt(pager, events).filter((e): e is AlertEvent => e.type === 'alert'));
      const active = [...open].flatMap(([thread, of]) => (of.size > 0 ? [thread] : []));
      assert.deepEqual([...(await sinks.active())].toSorted(), active.toSorted(), 'threads that Alertmanager shows');
      t.diagnostic(`Alertmanager: ${active.length} of ${open.size} threads active`);
    }

    // Last, since it is recorded: nothing of the advisories was overlooked.
    const store = openStore(storePaths(stage.home).store);
    const { rescanned } = await rescan(ledger, store, 'test', { full: true, maxFeedAgeMs: null });
    store.close();
    assert.deepEqual([rescanned.opened, rescanned.closed], [0, 0]);
  } finally {
    for (const { child } of recorders) child.kill('SIGKILL');
    await stage.end();
    await sinks.end();
  }
}

/** What is known now of what runs, in the words of `chained`. */
async function knownOfWhatRuns({ reader }: Ledger): Promise<string[]> {
  const { rows } = await sql<{
    service: string;
    purl: string;
    id: string;
    severity: number;
    score: number | null;
    exploited: number;
    fixed_in: string | null;
  }>`SELECT DISTINCT s.name AS service, c.purl, v.name AS id, m.severity, m.score, m.exploited, m.fixed_in
    FROM period p JOIN service s ON s.id = p.service
    JOIN artifact_component ac ON ac.artifact = p.artifact AND ac.known_to = ${forever}
    JOIN component c ON c.id = ac.component
    JOIN component_match m ON m.component = c.id AND m.known_to = ${forever}
    JOIN vulnerability v ON v.id = m.vulnerability
    WHERE p.known_to = ${forever} AND p.valid_to = ${forever}`.execute(reader);
  return rows
    .map(({ service, purl, id, severity, score, exploited, fixed_in }) => {
      const form = `${severityLevels[severity]} ${score === null ? null : score / 10} ${exploited === 1} ${fixed_in}`;
      return `${service} ${purl} ${id} ${form}`;
    })
    .sort();
}

const programs = { kvitto: '', recorder: '' };
const missing = postgresMissing();

describe('every sink down, then back; the watches killed meanwhile', {
  timeout: all ? 1_200_000 : 600_000,
  concurrency: all ? 1 : 2,
}, () => {
  before(async () => {
    programs.kvitto = await bundleProgram();
    programs.recorder = await bundleProgram('test/watch/recorder.ts');
  });

  test(`${kills} kills on SQLite`, async (t) => {
    await outage(t, null, 1);
  });

  test(`${kills} kills of three on one PostgreSQL`, {
    skip: missing === null ? false : `LEFT OUT: ${missing}`,
  }, async (t) => {
    const server = await startPostgres();
    try {
      await outage(t, await server.fresh(), 3);
    } finally {
      await server.stop();
    }
  });
});
