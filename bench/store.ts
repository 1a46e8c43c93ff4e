import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/*
 * What the advisory store costs: `node bench/store.ts [--records N] [--json FILE]`. Each figure comes from a process of its
 * own. The real feeds are measured where `KVITTO_FEEDS` (default `../shared/feeds`) has them.
 */

const here = import.meta.dirname;
const source = path.join(here, '..', 'src', 'advisories');
const say = (line: string) => process.stdout.write(`${line}\n`);

function argument(name: string): string | undefined {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

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

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

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
  const built = build(home, base);
  const asked = lookUps(home);
  const { seconds, peakMegabytes, fileMegabytes, records } = built;
  say(
    `${name}: ${records} records in ${seconds.toFixed(1)} s, peak ${peakMegabytes.toFixed(0)} MB, file ${fileMegabytes.toFixed(1)} MB`,
  );
  say(
    `  open and 500 look-ups (${asked.found} advisories): ${asked.aboveBareMs.toFixed(0)} ms (processor ${asked.aboveBareCpuMs.toFixed(0)} ms) above a bare start of ${asked.bareMs.toFixed(0)} ms`,
  );
  return { build: built, lookUps: asked };
}

/** Measures a generated feed set of `records` OSV records, and the real feeds where they are. */
export function benchStore(records: number): Record<string, StoreFigures> {
  const folder = mkdtempSync(path.join(tmpdir(), 'kvitto-bench-store-'));
  const figures: Record<string, StoreFigures> = {};
  try {
    const real = path.join(process.env['KVITTO_FEEDS'] ?? path.join(here, '..', '..', 'shared', 'feeds'), '2026-08-21');
    if (existsSync(real)) figures['real'] = measure('real', real, folder);
    else say(`no real feeds at ${real}: set KVITTO_FEEDS to measure them`);
    const generated = path.join(folder, 'feeds');
    // In a process of its own: on Linux a child inherits the peak memory of the process that it is forked from.
    run(`const { generateFeeds } = await import(${JSON.stringify(path.join(here, 'store-generate.ts'))});
      generateFeeds(${JSON.stringify(generated)}, ${records});`);
    figures['generated'] = measure('generated', generated, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return figures;
}

if (import.meta.main) {
  const figures = benchStore(Number(argument('--records') ?? 500_000));
  const target = argument('--json');
  if (target !== undefined) writeFileSync(target, `${JSON.stringify(figures, null, 2)}\n`);
}
