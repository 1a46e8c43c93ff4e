import { mkdirSync } from 'node:fs';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { buildEstate } from './build.ts';
import { estateSize, quarterStart } from './estate.ts';

const scale = Number(process.argv[2]);
const folder = process.argv[3] ?? '';
mkdirSync(folder + '/stores', { recursive: true });
const clock = { now: quarterStart(0) };
const ledger = await openLedger({
  folder: folder + '/ledger',
  databaseUrl: process.argv[4] ?? null,
  clock: () => new Date(clock.now),
  tool: 'kvitto/bench',
  name: 'bench',
  waitMs: 1000,
  mode: 'create',
});
const t = performance.now();
await buildEstate(ledger, clock, folder + '/stores', estateSize(scale));
console.log('built', (performance.now() - t) / 1000, process.memoryUsage().rss / 1e6);
await ledger.close();
