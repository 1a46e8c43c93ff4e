import { openLedger } from '../../src/ledger/open-ledger.ts';
import { exposure } from '../../src/ledger/queries/exposure.ts';
import { ran } from '../../src/ledger/queries/ran.ts';
import { where } from '../../src/ledger/queries/where.ts';
import { deployRequest } from './build.ts';
import { cveOf, day, estateSize, quarterStart, randomFrom } from './estate.ts';

const scale = Number(process.argv[2]);
const folder = process.argv[3] ?? '';
const clock = { now: quarterStart(12) + 3 * day };
const ledger = await openLedger({
  folder: folder + '/ledger',
  databaseUrl: process.argv[4] ?? null,
  clock: () => new Date(clock.now),
  tool: 'kvitto/bench',
  name: 'bench',
  waitMs: 1000,
  mode: 'create',
});
const size = estateSize(scale);
const random = randomFrom(4);
async function time(name: string, n: number, f: (i: number) => Promise<number>) {
  const times: number[] = [];
  let rows = 0;
  for (let i = 0; i < n; i++) {
    const t = performance.now();
    rows += await f(i);
    times.push(performance.now() - t);
  }
  times.sort((a, b) => a - b);
  console.log(
    name.padEnd(30),
    'median',
    times[n >> 1]?.toFixed(1),
    'p95',
    times[Math.floor(n * 0.95)]?.toFixed(1),
    'min',
    times[0]?.toFixed(1),
    'rows',
    Math.round(rows / n),
  );
}
const N = Number(process.argv[5] ?? 21);
const svc = () => deployRequest(Math.floor(random() * size.services), '', 0, 0).service;
await time('exposure at, as of now', N, async () => {
  const at = quarterStart(7.3);
  return (await exposure(ledger, { service: svc(), environment: 'prod', from: at, to: at, asOf: null })).rows.length;
});
await time('exposure at, as of then', N, async () => {
  const at = quarterStart(7.3);
  return (await exposure(ledger, { service: svc(), environment: 'prod', from: at, to: at, asOf: at })).rows.length;
});
await time('exposure quarter', N, async () => {
  return (
    await exposure(ledger, {
      service: svc(),
      environment: 'prod',
      from: quarterStart(7),
      to: quarterStart(8),
      asOf: null,
    })
  ).rows.length;
});
await time(
  'where, first page',
  N,
  async () =>
    (await where(ledger, { vulnerability: cveOf(Math.floor(random() * size.advisories)), asOf: null, limit: 100 }))
      .total,
);
await time(
  'where, all',
  5,
  async () =>
    (await where(ledger, { vulnerability: cveOf(Math.floor(random() * size.advisories)), asOf: null })).rows.length,
);
await time(
  'ran --env first page',
  N,
  async () => (await ran(ledger, { environment: 'prod', at: quarterStart(5.2), asOf: null, limit: 100 })).total,
);
await ledger.close();
