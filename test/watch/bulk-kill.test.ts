// Workers of a pass in parts are killed at random instants, and so is the database's server: nothing is lost, nothing twice.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { build } from 'esbuild';
import { structureFaults } from '../../src/ledger/compare.ts';
import { rescan } from '../../src/watch/rescan.ts';
import { dayOf, type SmallLedger, smallLedger } from '../../src/watch/testing/small-ledger.ts';
import { newFolder, removeFolder } from '../ledger/place.ts';
import { type PostgresServer, postgresMissing, startPostgres } from '../real/postgres.ts';
import { agreesWithLog, expected, knownNow, recordAll, replayed, storeOfDay, tiny } from './bulk-stage.ts';

const all = process.env['KVITTO_KILLS'] === 'all';
const rounds = all ? { sqlite: 40, postgres: 25 } : { sqlite: 5, postgres: 4 };
const workers = 3;

interface Running {
  readonly child: ChildProcess;
  readonly began: Promise<void>;
  readonly ended: Promise<void>;
  said(): string;
  errors(): string;
}

function start(program: string, work: object): Running {
  const child = spawn(process.execPath, [program, JSON.stringify(work)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [said, errors] = ['', ''];
  const [began, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    began.resolve();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-4_000);
  });
  child.once('close', () => {
    began.resolve();
    ended.resolve();
  });
  return { child, began: began.promise, ended: ended.promise, said: () => said, errors: () => errors };
}

/** What is known is what `match` says, every change stands in the log once, and the tables are what the log says. */
async function look(small: SmallLedger, day: number): Promise<void> {
  const known = await knownNow(small);
  for (const line of expected(storeOfDay(day))) assert.ok(known.includes(line), `day ${day}: ${line}`);
  assert.deepEqual(await replayed(small.ledger), known.map((line) => line.split(' ').slice(0, 2).join(' ')).sort());
}

describe('a pass whose workers are killed', () => {
  const folder = newFolder();
  const program = join(folder, 'worker.mjs');
  const missing = postgresMissing();
  let server: PostgresServer | null = null;

  before(async () => {
    await build({
      entryPoints: [join(import.meta.dirname, 'bulk-worker.ts')],
      outfile: program,
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      external: ['pg-native'],
      logLevel: 'error',
      banner: { js: "import { createRequire as r } from 'node:module';const require = r(import.meta.url);" },
    });
  });
  after(async () => {
    await server?.stop();
    removeFolder(folder);
  });

  /** Rounds of workers of which all are killed at random instants; the pass is then completed, by nobody before. */
  async function killMany(small: SmallLedger, databaseUrl: string | null, count: number): Promise<string> {
    let [kills, begun, over] = [0, 0, 0];
    await recordAll(small, storeOfDay(0));
    for (let day = 1; day <= count; day += 1) {
      small.now = dayOf(day);
      const work = { folder: small.ledger.parts.paths.folder, databaseUrl, day };
      for (let wave = 0; wave < 2; wave += 1) {
        const running = Array.from({ length: workers }, () => start(program, work));
        await Promise.all(
          running.map(async (each) => {
            await each.began;
            await pause(Math.random() * 250);
            each.child.kill('SIGKILL');
            await each.ended;
            assert.ok(each.child.signalCode === 'SIGKILL' || each.child.exitCode === 0, each.errors());
            kills += each.child.signalCode === 'SIGKILL' ? 1 : 0;
            over += each.said().split('\n').length > 2 ? 1 : 0;
          }),
        );
      }
      const before = (await small.ledger.state()).size;
      const { entries } = await rescan(small.ledger, storeOfDay(day), 'watch', { size: tiny, maxFeedAgeMs: null });
      begun += entries[0] < before ? 1 : 0;
      await look(small, day);
    }
    await agreesWithLog(small.ledger);
    assert.deepEqual(await structureFaults(small.ledger.database), []);
    return `${kills} workers killed over ${count} passes, ${begun} of which had begun and were completed; ${over} times a worker was quicker`;
  }

  test(`on SQLite, ${rounds.sqlite} passes`, async (t) => {
    const small = await smallLedger();
    try {
      t.diagnostic(await killMany(small, null, rounds.sqlite));
    } finally {
      await small.close();
    }
  });

  test(`on PostgreSQL, ${rounds.postgres} passes`, { skip: missing ?? false }, async (t) => {
    server ??= await startPostgres();
    const url = await server.fresh();
    const small = await smallLedger(url);
    try {
      t.diagnostic(await killMany(small, url, rounds.postgres));
    } finally {
      await small.close();
    }
  });

  test('PostgreSQL itself is killed: the rescan says so, and the next one completes the pass', {
    skip: missing ?? false,
  }, async (t) => {
    server ??= await startPostgres();
    const url = await server.fresh();
    const small = await smallLedger(url);
    let failed = 0;
    try {
      await recordAll(small, storeOfDay(0));
      const place = { folder: small.ledger.parts.paths.folder, databaseUrl: url };
      for (let day = 1; day <= 3; day += 1) {
        small.now = dayOf(day);
        const running = start(program, { ...place, day });
        await running.began;
        await pause(60 + Math.random() * 150);
        await server.kill();
        await server.start();
        await running.ended;
        if (running.child.exitCode !== 0) {
          failed += 1;
          assert.match(running.errors(), /CodedError: .*(was lost|cannot be opened)/);
        }
        await rescan(small.ledger, storeOfDay(day), 'watch', { size: tiny, maxFeedAgeMs: null });
        await look(small, day);
      }
      await agreesWithLog(small.ledger);
      t.diagnostic(`${failed} of 3 rescans were in the middle`);
    } finally {
      await small.close();
    }
  });
});
