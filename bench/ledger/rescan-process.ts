// One rescan in a process of its own. Its argument says of what; it prints what that took.
import { readFileSync } from 'node:fs';
import { openStore } from '../../src/advisories/store/open.ts';
import { rescanHelpers } from '../../src/cli/rescan-threads.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { rescan } from '../../src/watch/rescan.ts';

export interface RescanWork {
  readonly folder: string;
  readonly databaseUrl: string | null;
  /** File of the advisory store. */
  readonly store: string;
  /** What the clock says, in milliseconds. */
  readonly now: number;
  /** Whether threads do the parts. */
  readonly threads: boolean;
}

export interface RescanDone {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMb: number;
  readonly assessed: number;
  readonly opened: number;
  readonly closed: number;
  readonly entries: number;
}

/** Not `resourceUsage().maxRSS`: Linux counts in it what the process that started this one held at that moment. */
function peakKb(): number {
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
}

const { folder, databaseUrl, store: file, now, threads }: RescanWork = JSON.parse(process.argv[2] ?? '');
const place = { folder, databaseUrl, tool: 'kvitto/0.0.0', name: 'bench', waitMs: 60_000 };
const ledger = await openLedger({ ...place, clock: () => new Date(now), mode: 'write' });
const store = openStore(file);
const started = performance.now();
const work = { ledger: place, store: file, actor: 'watch', leaseMs: null, clockAheadMs: now - Date.now() };
const helpers = threads ? { helpers: rescanHelpers(work) } : {};
const result = await rescan(ledger, store, 'watch', { maxFeedAgeMs: null, tell: false, ...helpers });
const seconds = (performance.now() - started) / 1000;
store.close();
await ledger.close();
const { user, system } = process.cpuUsage();
const [first, last] = result.entries;
const done: RescanDone = {
  seconds,
  cpuSeconds: (user + system) / 1e6,
  peakMb: peakKb() / 1024,
  assessed: result.assessed,
  opened: result.rescanned.opened,
  closed: result.rescanned.closed,
  entries: last - first + 1,
};
process.stdout.write(JSON.stringify(done));
