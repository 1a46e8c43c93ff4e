import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { median } from './measure.ts';

/* What the advisory store costs. Each figure comes from a process of its own. */

const here = import.meta.dirname;
const source = path.join(here, '..', 'src', 'advisories');

function run(script: string): { readonly ms: number; readonly out: string } {
  const start = performance.now();
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 600_000,
  });
  if (child.status !== 0) throw new Error(child.stderr);
  return { ms: performance.now() - start, out: child.stdout };
}

/** Processor milliseconds of a process, user and system. */
const cpu = '(({ user, system }) => (user + system) / 1000)(process.cpuUsage())';

export interface BuildFigures {
  readonly seconds: number;
  readonly peakMegabytes: number;
  readonly fileMegabytes: number;
  readonly records: number;
}

function build(home: string, base: string): BuildFigures {
  const script = `
    const { updateStore } = await import(${JSON.stringify(path.join(source, 'update.ts'))});
    const { perFeed } = await updateStore({ ...${JSON.stringify({ home, base, ecosystems: null })}, now: new Date() });
    const records = perFeed.reduce((sum, feed) => sum + feed.records, 0);
    console.log(JSON.stringify({ records, peak: process.resourceUsage().maxRSS / 1024 }));`;
  const { ms, out } = run(script);
  const { records, peak } = JSON.parse(out) as { records: number; peak: number };
  const size = statSync(path.join(home, 'advisories', 'store.db')).size;
  return { seconds: ms / 1000, peakMegabytes: peak, fileMegabytes: size / 1e6, records };
}

export interface LookUpFigures {
  readonly bareMs: number;
  readonly aboveBareMs: number;
  /** The same in processor time, which other work on the machine disturbs less. */
  readonly aboveBareCpuMs: number;
  readonly found: number;
}

/** Median of fresh processes: open, 500 look-ups (400 names spread evenly over all that the store has, 100 that it has not), close; above a bare start of Node. */
function lookUps(home: string): LookUpFigures {
  const file = path.join(home, 'advisories', 'store.db');
  const list = `
    import { DatabaseSync } from 'node:sqlite';
    import { zstdDecompressSync } from 'node:zlib';
    const db = new DatabaseSync(${JSON.stringify(file)}, { readOnly: true });
    const names = [];
    for (const { feed, data } of db.prepare('SELECT feed, data FROM block').iterate()) {
      for (const line of zstdDecompressSync(data).toString().split('\\n').slice(1)) {
        const [name, first] = JSON.parse(line);
        names.push([feed.slice(4) + first[8][0][0], name]);
      }
    }
    const step = names.length / 400;
    const present = Array.from({ length: 400 }, (_, n) => names[Math.floor(n * step)]);
    const missing = Array.from({ length: 100 }, (_, n) => [present[4 * n][0], present[4 * n][1] + '-not-there']);
    console.log(JSON.stringify([...present, ...missing]));`;
  const asked = run(list).out;
  const askedFile = path.join(home, 'asked.json');
  writeFileSync(askedFile, asked);
  // As the shipped program, which is one bundled file: types stripped beforehand, so that Node's stripping is not measured.
  const bundle = path.join(home, 'bundle.mjs');
  const esbuild = spawnSync(
    path.join(here, '..', 'node_modules', '.bin', 'esbuild'),
    [
      path.join(source, 'store', 'open.ts'),
      '--bundle',
      '--platform=node',
      '--format=esm',
      `--outfile=${bundle}`,
      '--log-level=error',
    ],
    { encoding: 'utf8' },
  );
  if (esbuild.status !== 0) throw new Error(esbuild.stderr);
  const script = `
    import { readFileSync } from 'node:fs';
    import { openStore } from ${JSON.stringify(bundle)};
    const store = openStore(${JSON.stringify(file)});
    let found = 0;
    for (const [ecosystem, name] of JSON.parse(readFileSync(${JSON.stringify(askedFile)}, 'utf8'))) found += store.byName(ecosystem, name).length;
    store.close();
    console.log(found, ${cpu});`;
  const bareCpu: number[] = [];
  const fullCpu: number[] = [];
  const bare: number[] = [];
  const full: number[] = [];
  let found = 0;
  for (let round = 0; round < 11; round += 1) {
    const nothing = run(`console.log(${cpu})`);
    bare.push(nothing.ms);
    bareCpu.push(Number(nothing.out));
    const once = run(script);
    full.push(once.ms);
    const [count, spent] = once.out.split(' ').map(Number);
    found = count ?? 0;
    fullCpu.push(spent ?? 0);
  }
  const aboveBareCpuMs = median(fullCpu) - median(bareCpu);
  return { bareMs: median(bare), aboveBareMs: median(full) - median(bare), aboveBareCpuMs, found };
}

export interface StoreFigures {
  readonly build: BuildFigures;
  readonly lookUps: LookUpFigures;
}

function measure(name: string, base: string, folder: string): StoreFigures {
  const home = path.join(folder, name);
  mkdirSync(home);
  return { build: build(home, base), lookUps: lookUps(home) };
}

/** Measures the real feeds in the folder `real`, unless it is null, and a generated feed set, unless `records` is 0. */
export function benchStore(
  real: string | null,
  records: number,
): { readonly real: StoreFigures | null; readonly generated: StoreFigures | null } {
  const folder = mkdtempSync(path.join(tmpdir(), 'kvitto-bench-store-'));
  try {
    const measured = real === null ? null : measure('real', real, folder);
    if (records === 0) return { real: measured, generated: null };
    const generated = path.join(folder, 'feeds');
    // In a process of its own: on Linux a child inherits the peak memory of the process that it is forked from.
    run(`const { generateFeeds } = await import(${JSON.stringify(path.join(here, 'store-generate.ts'))});
      generateFeeds(${JSON.stringify(generated)}, ${records});`);
    return { real: measured, generated: measure('generated', generated, folder) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
