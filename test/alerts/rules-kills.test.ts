// Whoever raises alerts is killed at random instants: each change is told once all the same.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import { parseAlertConfig } from '../../src/alerts/config/parse-config.ts';
import { processRules } from '../../src/alerts/rules/process-rules.ts';
import { eventsOf } from '../../src/watch/events/events.ts';
import { type SmallLedger, smallLedger } from '../../src/watch/testing/small-ledger.ts';
import { a, store } from '../ledger/watch-stage.ts';
import { type PostgresServer, postgresMissing, startPostgres } from '../real/postgres.ts';
import { alertsOf } from './rules-stage.ts';

const all = process.env['KVITTO_KILLS'] === 'all';
const config = parseAlertConfig('version: 1\nalerts: [{name: all, changes: [new], by: vulnerability}]', 'k', []);

/** Two at a time on the same ledger, each killed some time after it first said something. */
async function killed(place: object, first: number): Promise<number> {
  const script = join(import.meta.dirname, 'ruler.ts');
  const child = spawn(process.execPath, [script, JSON.stringify({ ...place, first })], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [said, errors] = ['', ''];
  const began = Promise.withResolvers<void>();
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    began.resolve();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  await Promise.race([began.promise, ended, pause(30_000, undefined, { ref: false })]);
  await pause(Math.random() * 150);
  child.kill('SIGKILL');
  await ended;
  assert.equal(child.signalCode, 'SIGKILL', errors);
  return said.split('\n').length - 1;
}

async function kills(small: SmallLedger, databaseUrl: string | null, rounds: number): Promise<void> {
  small.now = Date.now();
  await small.record('shop', [a('1.0.0')], store(0, { npm: { a: [] } }));
  for (const service of ['shop', 'till', 'desk']) await small.deploy(service, 'shop');
  const source = (entry: number, from: number) => eventsOf(small.ledger, entry, from);
  await processRules(small.ledger, source, config, small.now);
  const place = { folder: small.ledger.parts.paths.folder, databaseUrl };
  let told = 0;
  for (let round = 0; round < rounds; round++) {
    const said = await Promise.all([1, 2].map((n) => killed(place, (round * 2 + n) * 1000)));
    told += said.reduce((sum, n) => sum + n, 0);
  }
  small.now = Date.now() + 60_000;
  await processRules(small.ledger, source, config, small.now);
  // What is new by the log, and what was told.
  const { size } = await small.ledger.state();
  const expected: string[] = [];
  for (let entry = 0; entry < size; entry++) {
    for await (const event of eventsOf(small.ledger, entry)) {
      if (event.type === 'change' && event.change === 'new') expected.push(event.id);
    }
  }
  const raised = (await alertsOf(small)).flatMap(({ document }) => document.changes.map((c) => c.id));
  assert.deepEqual(raised.sort(), expected.sort());
  const totals = (await alertsOf(small)).reduce((sum, { document }) => sum + document.total, 0);
  assert.equal(totals, expected.length);
  assert.ok(expected.length > rounds * 2, `${expected.length} changes, ${told} passes were told`);
  const { rows } = await sql<{ count: number }>`SELECT count(*) AS count FROM held`.execute(small.ledger.reader);
  assert.equal(Number(rows[0]?.count), 0);
}

describe('rules whose processes are killed', () => {
  let server: PostgresServer | null = null;
  after(() => server?.stop());

  test('on SQLite', { timeout: 300_000 }, async () => {
    const small = await smallLedger();
    try {
      await kills(small, null, all ? 50 : 3);
    } finally {
      await small.close();
    }
  });

  const missing = postgresMissing();
  test('on PostgreSQL', { skip: missing ?? false, timeout: 300_000 }, async () => {
    server = await startPostgres(['fsync=off']);
    const url = await server.fresh();
    const small = await smallLedger(url);
    try {
      await kills(small, url, all ? 50 : 2);
    } finally {
      await small.close();
    }
  });
});
