// Runs in a thread of its own, started by rescan-threads.ts: takes parts of the pass that is under way.
import { workerData } from 'node:worker_threads';
import { sql } from 'kysely';
import { openStore } from '../advisories/store/open.ts';
import { openLedger } from '../ledger/open-ledger.ts';
import { helpRescan } from '../watch/rescan.ts';
import type { HelperWork } from './rescan-threads.ts';

const { ledger: place, store: file, actor, worker, leaseMs, clockAheadMs } = workerData as HelperWork;

/** Kibibytes of the database's pages that this thread keeps: there are several threads, and what they read they read once. */
const pageCache = -16_384;

const ledger = await openLedger({
  ...place,
  clock: () => new Date(Date.now() + clockAheadMs),
  mode: 'write',
  unchecked: true,
});
try {
  if (place.databaseUrl === null) await sql`PRAGMA cache_size = ${sql.lit(pageCache)}`.execute(ledger.reader);
  const store = openStore(file);
  try {
    await helpRescan(ledger, store, actor, { worker, ...(leaseMs !== null && { leaseMs }) });
  } finally {
    store.close();
  }
} finally {
  await ledger.close();
}
