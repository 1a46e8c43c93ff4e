import { openLedger } from '../../src/ledger/open-ledger.ts';
import { rescan } from '../../src/watch/rescan.ts';
import { day, estateSize, quarterStart } from './estate.ts';
import { nextStore, quarterStore } from './stores.ts';

const scale = Number(process.argv[2]);
const folder = process.argv[3] ?? '';
const clock = { now: quarterStart(12) + day };
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
const full = await quarterStore(folder + '/stores', 11, size);
let t = performance.now();
let r = await rescan(ledger, full, 'x', { full: true, maxFeedAgeMs: null });
console.log('full', performance.now() - t, r.assessed, r.rescanned.opened, r.rescanned.closed);
const next = await nextStore(folder + '/stores', Math.round(500 * scale * 4), size);
t = performance.now();
r = await rescan(ledger, next, 'x', { maxFeedAgeMs: null });
console.log('next', performance.now() - t, r.assessed, r.rescanned.opened, r.rescanned.closed);
await ledger.close();
