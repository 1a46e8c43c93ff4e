/*
 * `npm run bench [-- --all] [--pairs N] [--target KIND:PATH]`: what a scan, a start and the advisory store cost, as ratios
 * to what cannot be avoided, beside their targets. Never part of the tests. `--all`: also a store of 500,000 generated
 * records. `--target`: an image archive or layout of one's own in place of the built ones.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { feedsFolder, root, run } from '../test/real/parts.ts';
import { type BenchImage, benchImages } from './image.ts';
import { type Command, paired } from './measure.ts';
import { benchStore, type StoreFigures } from './store.ts';
import { type Row, tableOf } from './table.ts';

const out = join(root, 'bench/out');
const bundle = join(root, 'dist/kvitto.js');
const home = join(out, 'home');
const floor = join(out, 'floor.mjs');
const say = (text: string) => process.stdout.write(`${text}\n`);

const { values: options } = parseArgs({
  options: { all: { type: 'boolean' }, pairs: { type: 'string' }, target: { type: 'string' } },
});
const pairs = Number(options.pairs ?? 9);

const rows: Row[] = [];
const leftOut: string[] = [];
const add = (row: Row) => {
  rows.push(row);
  say(`  ${row.what}: ${row.figure.toFixed(2)} ${row.unit}`);
};

function benchScan({ name, target, path }: BenchImage): void {
  // 3: the advisories are older than the policy allows by the time that this is repeated, which changes no work.
  const scan: Command = {
    args: [bundle, 'scan', target, '--offline', '-f', 'json'],
    env: { KVITTO_HOME: home },
    codes: [0, 3],
  };
  const { ratio, lowest, highest, cpuRatio, a, b } = paired(
    scan,
    { args: [floor, path] },
    name.includes('5 x') ? Math.min(pairs, 5) : pairs,
  );
  const spread = `${lowest.toFixed(2)} to ${highest.toFixed(2)}; processor ${cpuRatio?.toFixed(2)} x`;
  add({
    what: `scan: ${name}`,
    figure: ratio,
    unit: 'x',
    target: 1.5,
    detail: `${a.wallMs.toFixed(0)} ms, floor ${b.wallMs.toFixed(0)} ms; ${spread}`,
  });
  add({
    what: 'peak memory',
    figure: a.peakMb,
    unit: 'MB',
    target: 250,
    detail: `floor ${b.peakMb.toFixed(0)} MB`,
  });
}

function benchStart(): void {
  const bareNode: Command = { args: ['-e', '0'], bare: true };
  const { ratio, lowest, highest, a, b } = paired({ args: [bundle, '--version'], bare: true }, bareNode, pairs * 2);
  add({
    what: 'kvitto --version',
    figure: ratio,
    unit: 'x',
    target: 2,
    detail: `${a.wallMs.toFixed(0)} ms, bare Node ${b.wallMs.toFixed(0)} ms; ${lowest.toFixed(2)} to ${highest.toFixed(2)}`,
  });
}

function addStore(name: string, { build, lookUps }: StoreFigures, most: { seconds: number } & Record<string, number>) {
  const detail = `${build.records} records`;
  add({ what: `store build: ${name}`, figure: build.seconds, unit: 's', target: most.seconds, detail });
  add({ what: 'peak memory', figure: build.peakMegabytes, unit: 'MB', target: most['peak'] ?? null, detail: '' });
  add({ what: 'store file', figure: build.fileMegabytes, unit: 'MB', target: most['file'] ?? null, detail: '' });
  add({
    what: 'open and 500 look-ups',
    figure: lookUps.aboveBareMs,
    unit: 'ms',
    target: 50,
    detail: `above a bare start of ${lookUps.bareMs.toFixed(0)} ms; processor ${lookUps.aboveBareCpuMs.toFixed(0)} ms`,
  });
}

mkdirSync(out, { recursive: true });
say('building the bundle');
run(process.execPath, [join(root, 'scripts/build.ts')]);
// As JavaScript, as the bundle is: stripping types would make the floor slower than it is.
await build({ entryPoints: [join(root, 'bench/floor.ts')], outfile: floor, format: 'esm', platform: 'node' });

const real = feedsFolder('2026-08-21');
const feeds = real ?? join(root, 'demo/feeds');
if (real === null) leftOut.push('real feeds (KVITTO_FEEDS names their folder): scans use the demonstration feeds');
say(`building an advisory store from ${real === null ? 'the demonstration feeds' : 'real feeds'}`);
rmSync(home, { recursive: true, force: true });
run(process.execPath, [bundle, 'db', 'update', '--feeds', feeds, '-q'], { env: { KVITTO_HOME: home } });

benchStart();
const colon = options.target?.indexOf(':') ?? -1;
const path = options.target?.slice(colon + 1) ?? '';
const images =
  options.target === undefined
    ? benchImages(join(out, 'images'))
    : [{ name: options.target, target: options.target, path }];
if (typeof images === 'string') leftOut.push(`scans of a built image: ${images}; --target takes an archive of yours`);
else for (const image of images) benchScan(image);

const store = benchStore(real, options.all === true ? 500_000 : 0);
if (store.real !== null) addStore('real feeds', store.real, { seconds: 20 });
if (store.generated !== null) addStore('500,000 generated', store.generated, { seconds: 120, peak: 1000, file: 150 });
else leftOut.push('a store of 500,000 generated records: npm run bench -- --all');

const machine = {
  node: process.version,
  system: `${process.platform} ${release()} ${arch()}`,
  processor: cpus()[0]?.model ?? '',
  processors: availableParallelism(),
  memoryGb: Math.round(totalmem() / 1e9),
  load: loadavg()[0],
};
const result = { measuredAt: new Date().toISOString(), machine, pairs, rows, leftOut };
writeFileSync(join(out, 'result.json'), `${JSON.stringify(result, null, 2)}\n`);
say(`\n${tableOf(rows)}`);
for (const line of leftOut) say(`left out: ${line}`);
const { node, processor, processors, load } = machine;
say(`Node ${node}, ${processors} x ${processor}, load ${load?.toFixed(1)}; written to bench/out/result.json`);
