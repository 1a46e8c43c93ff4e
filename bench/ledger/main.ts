/*
 * `npm run bench:ledger [-- --small] [--scale N] [--only sqlite|postgres] [--first]`: what the ledger's questions, appends and rescans cost on a generated
 * estate (--small: a twentieth of it; --first: only rescans of an estate of which nothing is known), beside their targets, on SQLite and on PostgreSQL. What was built is kept under
 * .cache/ledger-bench for the next run. Never part of the tests.
 */
import { hash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { allMigrations } from '../../src/ledger/database/migrations/list.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { type DeployRequest, deploy, deployAll } from '../../src/ledger/record/deploy.ts';
import { rescan } from '../../src/watch/rescan.ts';
import { root } from '../../test/real/parts.ts';
import { postgresMissing, startPostgres } from '../../test/real/postgres.ts';
import { buildEstate, deployRequest, type HandClock } from './build.ts';
import { copyEstate } from './copy.ts';
import { day, estateRevision, estateSize, quarterStart } from './estate.ts';
import { bundleProcess, type FirstBench, measureFirst, rescanIn } from './first.ts';
import { questionsOf, timesOf } from './questions.ts';
import type { RescanWork } from './rescan-process.ts';
import { bytesOf } from './size.ts';
import { nextStore, quarterStore } from './stores.ts';
import { type LedgerRow, ledgerTable } from './table.ts';

const { values: options } = parseArgs({
  options: {
    small: { type: 'boolean' },
    scale: { type: 'string' },
    only: { type: 'string' },
    first: { type: 'boolean', default: false },
  },
});
const scale = Number(options.scale ?? (options.small === true ? 0.05 : 1));
const size = estateSize(scale);
// Tables of another form are not opened: the estate is built again.
const form = hash('sha256', allMigrations.map((m) => m.sql).join(), 'hex').slice(0, 8);
const cache = path.join(root, '.cache', 'ledger-bench', `${estateRevision}-${form}-${scale}`);
const stores = path.join(cache, 'stores');
const say = (text: string) => process.stdout.write(`${text}\n`);
const rows: LedgerRow[] = [];
const clock: HandClock = { now: quarterStart(0) };
type BenchPlace = Pick<RescanWork, 'folder' | 'databaseUrl'>;
/** A day's worth of advisories. */
const changedNames = 500;

async function open(folder: string, databaseUrl: string | null): Promise<Ledger> {
  const options = { folder, databaseUrl, clock: () => new Date(clock.now), tool: 'kvitto/0.0.0', waitMs: 5_000 };
  return await openLedger({ ...options, name: 'bench', mode: 'create' });
}

async function measureQuestions(ledger: Ledger, where: string): Promise<void> {
  clock.now = quarterStart(size.quarters) + day;
  for (const { what, target, count, ask } of questionsOf(ledger, size)) {
    const times = await timesOf(count, ask);
    const detail = `p95 ${times.p95.toFixed(1)}, least ${times.least.toFixed(1)}, processor ${times.cpu.toFixed(1)} ms; ${times.rows.toFixed(0)} rows; n=${count}`;
    rows.push({ where, what, figure: times.median, unit: 'ms', most: target, detail });
    say(`  ${what}: ${times.median.toFixed(1)} ms (${detail})`);
  }
}

const manyTogether = 4_000;

/** Deployments in a second, each by itself, told by 64 callers at once. */
async function timeTogether(ledger: Ledger, request: (i: number) => DeployRequest): Promise<number> {
  const started = performance.now();
  let next = 0;
  const caller = async () => {
    while (next < manyTogether) {
      const i = next;
      next += 1;
      clock.now += 10;
      await deploy(ledger, request(i));
    }
  };
  await Promise.all(Array.from({ length: 64 }, caller));
  return manyTogether / ((performance.now() - started) / 1000);
}

async function measureAppends(ledger: Ledger, where: string): Promise<void> {
  const singles = 300;
  const request = (i: number) =>
    deployRequest(i % size.services, i % 2 === 0 ? 'prod' : 'staging', i % size.images, 900_000 + i);
  let started = performance.now();
  for (let i = 0; i < singles; i += 1) {
    clock.now += 1_000;
    await deploy(ledger, request(i));
  }
  const single = singles / ((performance.now() - started) / 1000);
  rows.push({
    where,
    what: 'append, one deployment each',
    figure: single,
    unit: '/s',
    most: null,
    detail: `${singles}`,
  });
  const together = await timeTogether(ledger, request);
  rows.push({
    where,
    what: 'append, one by one, 64 at once',
    figure: together,
    unit: '/s',
    most: 2_000,
    detail: `${manyTogether}`,
  });
  const [batches, each] = [20, Math.min(500, size.services)];
  started = performance.now();
  for (let b = 0; b < batches; b += 1) {
    clock.now += 1_000;
    await deployAll(
      ledger,
      Array.from({ length: each }, (_, i) => request(b * each + i)),
    );
  }
  const appended = performance.now() - started;
  started = performance.now();
  await ledger.publish();
  const published = performance.now() - started;
  const batched = (batches * each) / (appended / 1000);
  const detail = `${batches} x ${each}; publishing them ${published.toFixed(0)} ms`;
  rows.push({ where, what: 'append, many at once', figure: batched, unit: '/s', most: 2_000, detail });
  say(
    `  append: ${single.toFixed(0)}/s one by one, ${together.toFixed(0)}/s so by 64 at once, ${batched.toFixed(0)}/s many at once (${detail})`,
  );
}

async function measureRescans(ledger: Ledger, where: string, place: BenchPlace): Promise<void> {
  const same = await quarterStore(stores, size.quarters - 1, size);
  clock.now = Math.max(clock.now, quarterStart(size.quarters) + day) + 1_000;
  for (const { what, full, target } of [
    { what: 'full re-match of everything', full: true, target: 60 },
    { what: 'rescan, nothing changed', full: false, target: null },
  ]) {
    const before = process.cpuUsage();
    const started = performance.now();
    const { assessed, rescanned } = await rescan(ledger, same, 'watch', { full, maxFeedAgeMs: null });
    const seconds = (performance.now() - started) / 1000;
    const { user, system } = process.cpuUsage(before);
    const detail = `processor ${((user + system) / 1e6).toFixed(1)} s; ${assessed} components, ${rescanned.opened} opened, ${rescanned.closed} closed`;
    rows.push({ where, what, figure: seconds, unit: 's', most: target, detail });
    say(`  ${what}: ${seconds.toFixed(1)} s (${detail})`);
  }
  (await nextStore(stores, changedNames, size)).close();
  const work = { ...place, store: path.join(stores, `next-${changedNames}.db`), now: clock.now + 1_000, threads: true };
  const done = await rescanIn(await bundleProcess(path.join(cache, 'bundle')), work);
  const what = `rescan, ${changedNames} names changed`;
  const detail = `until its entry is committed, in a process of its own, start not counted; processor ${done.cpuSeconds.toFixed(1)} s; ${done.assessed} components, ${done.opened} opened, ${done.closed} closed`;
  rows.push({ where, what, figure: done.seconds, unit: 's', most: 3, detail });
  rows.push({ where, what: `${what}, memory`, figure: done.peakMb, unit: 'MB', most: 400, detail: 'largest resident' });
  say(`  ${what}: ${done.seconds.toFixed(1)} s, ${done.peakMb.toFixed(0)} MB (${detail})`);
}

async function measure(ledger: Ledger, where: string, place: BenchPlace): Promise<void> {
  const bytes = await bytesOf(ledger);
  rows.push({
    where,
    what: 'bytes per deployment',
    figure: bytes.perDeployment,
    unit: 'B',
    most: 1_000,
    detail: bytes.detail,
  });
  await measureQuestions(ledger, where);
  await measureAppends(ledger, where);
  await measureRescans(ledger, where, place);
}

/** Builds an estate where there is none, and gives a copy of it that may be written to. */
async function built(): Promise<string> {
  const folder = path.join(cache, 'ledger');
  if (existsSync(path.join(cache, 'built'))) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(stores, { recursive: true });
  say(`building the estate (scale ${scale}) in ${path.relative(root, cache)}`);
  const ledger = await open(folder, null);
  await buildEstate(ledger, clock, stores, size);
  await sql`ANALYZE`.execute(ledger.reader);
  await ledger.close();
  writeFileSync(path.join(cache, 'built'), '');
  return folder;
}

const first: FirstBench = { cache, stores, size, clock, open, say };

async function onSqlite(folder: string, work: string): Promise<void> {
  say('SQLite');
  if (!options.first) {
    cpSync(folder, work, { recursive: true });
    const ledger = await open(work, null);
    await measure(ledger, 'SQLite', { folder: work, databaseUrl: null });
    await ledger.close();
  }
  rows.push(...(await measureFirst(first, null, `${work}-first`)));
}

async function onPostgres(folder: string, work: string): Promise<void> {
  const missing = postgresMissing();
  if (missing !== null) {
    say(`PostgreSQL LEFT OUT: ${missing}`);
    return;
  }
  say('PostgreSQL');
  const server = await startPostgres();
  try {
    if (!options.first) {
      const from = await open(folder, null);
      clock.now = quarterStart(0);
      const databaseUrl = await server.fresh();
      const ledger = await open(work, databaseUrl);
      const started = performance.now();
      await copyEstate(from, ledger, clock);
      await from.close();
      await sql`VACUUM ANALYZE`.execute(ledger.reader);
      say(`  copied in ${((performance.now() - started) / 1000).toFixed(0)} s`);
      await measure(ledger, 'PostgreSQL', { folder: work, databaseUrl });
      await ledger.close();
    }
    rows.push(...(await measureFirst(first, server, `${work}-first`)));
  } finally {
    await server.stop();
  }
}

const work = path.join(cache, `work-${process.pid}`);
try {
  const folder = options.first ? '' : await built();
  if (options.only !== 'postgres') await onSqlite(folder, path.join(work, 'sqlite'));
  if (options.only !== 'sqlite') await onPostgres(folder, path.join(work, 'postgres'));
} finally {
  rmSync(work, { recursive: true, force: true });
}
const machine = `${cpus()[0]?.model ?? ''} x ${availableParallelism()}, Linux ${release()}, Node ${process.version}, load ${loadavg()
  .map((l) => l.toFixed(1))
  .join(' ')}`;
say(`\n${ledgerTable(rows)}\n\nscale ${scale}; ${machine}`);
