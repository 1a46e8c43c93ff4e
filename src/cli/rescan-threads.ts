import { Worker } from 'node:worker_threads';
import type { LedgerOptions } from '../ledger/open-ledger.ts';
import type { Helper, Helpers } from '../watch/rescan.ts';

/** What a thread is told: it shares nothing with the one that starts it. */
export interface HelperWork {
  readonly ledger: Pick<LedgerOptions, 'folder' | 'databaseUrl' | 'tool' | 'name' | 'waitMs'>;
  /** The file of the advisory store. */
  readonly store: string;
  readonly actor: string;
  readonly worker: string;
  /** Null for the usual. */
  readonly leaseMs: number | null;
  /** How far the ledger's clock is ahead of the machine's. */
  readonly clockAheadMs: number;
}

/** A second one makes a first rescan nearly twice as fast on two processors, and takes 130 MB more: over 400 MB in all. */
const threads = 1;

/** In mebibytes. Without bounds the collector lets several times as much lie as a part needs. */
const bounds = { maxYoungGenerationSizeMb: 64, maxOldGenerationSizeMb: 256 };

/** The file of the thread: beside this one in the sources, and beside the bundle's entry in the package. */
function workerFile(): URL {
  const here = import.meta.url;
  if (here.endsWith('.ts')) return new URL('./rescan-worker.ts', here);
  return new URL(here.includes('/chunks/') ? '../rescan-worker.js' : './rescan-worker.js', here);
}

/** Threads that work on a rescan of much, so that this one stays free for all else. */
export function rescanHelpers(work: Omit<HelperWork, 'worker'>): Helpers {
  const start = (worker: string): Helper => {
    const thread = new Worker(workerFile(), {
      workerData: { ...work, worker } satisfies HelperWork,
      resourceLimits: bounds,
      // Flags of the process are not for threads: a profile or a test runner would be started in each.
      execArgv: [],
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    thread.once('error', reject);
    thread.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`a thread ended with ${code}`))));
    return { worker, ended: promise, stop: async () => void (await thread.terminate()) };
  };
  return { count: threads, start };
}
