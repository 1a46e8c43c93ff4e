/*
 * What a rescan costs that finds everything new: of an estate of which nothing is known, in processes of their own, so that their
 * memory can be read; by one process, with its thread, and by several that share it.
 */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { sql } from 'kysely';
import type { Ledger } from '../../src/ledger/ledger.ts';
import { root } from '../../test/real/parts.ts';
import type { PostgresServer } from '../../test/real/postgres.ts';
import { buildUnknown, type HandClock } from './build.ts';
import { copyEstate } from './copy.ts';
import { day, type EstateSize, quarterStart } from './estate.ts';
import type { RescanDone, RescanWork } from './rescan-process.ts';
import { quarterStore } from './stores.ts';
import type { LedgerRow } from './table.ts';

export interface FirstBench {
  /** Where what was built is kept for the next run. */
  readonly cache: string;
  readonly stores: string;
  readonly size: EstateSize;
  readonly clock: HandClock;
  open(folder: string, databaseUrl: string | null): Promise<Ledger>;
  say(text: string): void;
}

/** Bundles what a process runs, as the package has it: the sources would be stripped of their types in each thread anew. */
export async function bundleProcess(folder: string): Promise<string> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await build({
    entryPoints: {
      'rescan-process': path.join(root, 'bench/ledger/rescan-process.ts'),
      'rescan-worker': path.join(root, 'src/cli/rescan-worker.ts'),
    },
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    chunkNames: 'chunks/[name]-[hash]',
    external: ['pg-native'],
    logLevel: 'error',
    banner: { js: "import { createRequire as r } from 'node:module';const require = r(import.meta.url);" },
  });
  writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
  return path.join(folder, 'rescan-process.js');
}

/** Runs a process to its end. Throws with its standard error where it fails. */
export async function rescanIn(program: string, work: RescanWork): Promise<RescanDone> {
  const child = spawn(process.execPath, [program, JSON.stringify(work)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let [said, errors] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString()).slice(-4_000);
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${errors}`);
  return JSON.parse(said) as RescanDone;
}

/** The estate with nothing known of it, built where there is none: its folder. */
async function unknownEstate({ cache, size, clock, open, say }: FirstBench): Promise<string> {
  const folder = path.join(cache, 'unknown');
  if (existsSync(`${folder}-built`)) return folder;
  rmSync(folder, { recursive: true, force: true });
  say('building the estate of which nothing is known');
  const ledger = await open(folder, null);
  await buildUnknown(ledger, clock, size);
  await ledger.close();
  mkdirSync(`${folder}-built`);
  return folder;
}

const maxMemoryMb = 400;
const maxSeconds = 90;

/** Whole first rescans; on PostgreSQL also by 1, 2 and 10 processes. */
export async function measureFirst(
  bench: FirstBench,
  server: PostgresServer | null,
  work: string,
): Promise<LedgerRow[]> {
  const { stores, size, clock, open, say } = bench;
  const folder = await unknownEstate(bench);
  (await quarterStore(stores, size.quarters - 1, size)).close();
  const store = path.join(stores, `quarter-${size.quarters - 1}.db`);
  const program = await bundleProcess(path.join(work, 'bundle'));
  const where = server === null ? 'SQLite' : 'PostgreSQL';
  const now = quarterStart(size.quarters) + day;
  const rows: LedgerRow[] = [];
  const fresh = async (at: string): Promise<{ folder: string; databaseUrl: string | null }> => {
    if (server === null) {
      cpSync(folder, at, { recursive: true });
      return { folder: at, databaseUrl: null };
    }
    const [from, databaseUrl] = [await open(folder, null), await server.fresh()];
    clock.now = quarterStart(0);
    const ledger = await open(at, databaseUrl);
    await copyEstate(from, ledger, clock);
    await from.close();
    await sql`VACUUM ANALYZE`.execute(ledger.reader);
    await ledger.close();
    return { folder: at, databaseUrl };
  };
  let alone = 0;
  for (const processes of server === null ? [1] : [1, 2, 10]) {
    const place = await fresh(path.join(work, `first-${processes}`));
    const threads = processes === 1;
    const started = performance.now();
    const done = await Promise.all(
      Array.from({ length: processes }, () => rescanIn(program, { ...place, store, now, threads })),
    );
    const seconds = (performance.now() - started) / 1000;
    const cpu = done.reduce((sum, d) => sum + d.cpuSeconds, 0);
    const most = Math.max(...done.map((d) => d.peakMb));
    const opened = Math.max(...done.map((d) => d.opened));
    const detail = `processor ${cpu.toFixed(1)} s (without the server), ${opened} opened, ${done[0]?.entries} entries, ${most.toFixed(0)} MB`;
    if (processes === 1) {
      alone = seconds;
      rows.push({ where, what: 'first rescan of everything', figure: seconds, unit: 's', most: maxSeconds, detail });
      rows.push({
        where,
        what: 'first rescan, memory',
        figure: most,
        unit: 'MB',
        most: maxMemoryMb,
        detail: 'largest resident',
      });
    } else {
      const ratio = `${(alone / seconds).toFixed(2)} x as fast as one; ${detail}`;
      rows.push({
        where,
        what: `first rescan, ${processes} workers`,
        figure: seconds,
        unit: 's',
        most: null,
        detail: ratio,
      });
    }
    say(`  first rescan, ${processes}: ${seconds.toFixed(1)} s (${detail})`);
    rmSync(place.folder, { recursive: true, force: true });
  }
  return rows;
}
