import type { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { storeStatus } from '../../../advisories/status.ts';
import { CodedError } from '../../../model/errors.ts';
import { FindingCounts } from '../../../watch/metrics/findings.ts';
import { metricsText } from '../../../watch/metrics/metrics.ts';
import { exitCodes } from '../../exit-codes.ts';
import { type CycleLoop, cycleJob } from './cycle-loop.ts';
import { failureOf, keepDoing, tellFailure } from './failures.ts';
import { FolderChanges } from './folder-state.ts';
import { helpWithRescans } from './help-rescan.ts';
import { type Answers, type ListenOptions, listen } from './http.ts';
import type { Office } from './office.ts';
import { serveRules } from './rules-loop.ts';
import { serveSink } from './serve-sink.ts';
import { heldUntil } from './stay-alive.ts';
import { heartbeatName, sweep } from './watchman.ts';

export interface GoOnSettings {
  /** Null: only deliver. */
  readonly cycles: CycleLoop | null;
  /** A folder of feeds that is looked at for changes; null: there is none. */
  readonly folder: string | null;
  readonly version: string;
  /** `named`: the user named the address, so it must be had. */
  readonly http: (ListenOptions & { readonly named: boolean }) | null;
}

const pollMs = 1_000;
const folderEveryMs = 1_000;
const longestEndMs = 10_000;
/** A cycle may take so long beyond its time before the watch counts as not doing its work. */
const slackMs = 15 * 60_000;
const metricsBudgetMs = 500;

/** Goes on until the signal. 0. */
export async function goOn(office: Office, settings: GoOnSettings): Promise<number> {
  const { ledger, leases, config, journal, signal, schedule } = office;
  const { cycles, folder } = settings;
  const server = settings.http === null ? null : await open(office, settings, settings.http);
  const sinks = config.sinks.map((s) => s.name).join(', ') || 'none';
  const what = cycles === null ? 'delivering what is recorded' : `a cycle ${schedule.words}`;
  journal.info('watch', `${what}; sinks: ${sinks}`, { process: heartbeatName() });
  if (cycles !== null && config.sinks.length === 0) {
    journal.warn('watch', 'no sink is configured: what changes is recorded, and nobody is told');
  }
  await sweep(ledger, leases);
  const stop = heldUntil(office);
  const keep = (event: string, turn: () => Promise<void>) => keepDoing(event, turn, { ledger, journal, signal });
  const loops = [
    keep('poll', poll(office)),
    ...config.sinks.map((sink) => keep('sink', () => serveSink(office, sink))),
    ...(cycles === null
      ? []
      : [
          keep('cycle', () => cycles.turn()),
          keep('rules', () => serveRules(office)),
          keep('help', helpWithRescans(office)),
          keep('ask', passOn(office)),
          ...(folder === null ? [] : [keep('feeds', lookAtFolder(office, folder))]),
        ]),
  ];
  await untilAborted(signal);
  journal.info('watch', 'ending');
  server?.close();
  server?.closeAllConnections();
  const ended = await Promise.race([Promise.all(loops).then(() => true), sleep(longestEndMs, false, { ref: false })]);
  stop();
  await leases
    .release()
    .catch(async (thrown: unknown) => tellFailure(journal, 'lease', await failureOf(ledger, thrown)));
  if (!ended) {
    journal.warn('watch', `something did not end within ${longestEndMs / 1000} s; it is left to the next`);
    // What is under way is taken back by the database, or ended by whoever comes next.
    process.exit(exitCodes.done);
  }
  return exitCodes.done;
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Others record, too: wakes all who wait when the log has grown. */
function poll({ ledger, news, signal }: Office): () => Promise<void> {
  let known = -1;
  return async () => {
    const { size } = await ledger.state();
    if (size !== known && known >= 0) news.wake();
    known = size;
    await sleep(pollMs, undefined, { signal }).catch(() => {});
  };
}

/** Brings what this process was asked for (SIGHUP, a folder that changed) to whichever does the cycles. */
function passOn({ leases, asked, signal }: Office): () => Promise<void> {
  let passed = 0;
  return async () => {
    await asked.wait(60_000, passed, signal);
    const { count } = asked;
    if (count === passed) return;
    await leases.request(cycleJob);
    passed = count;
  };
}

function lookAtFolder({ asked, signal, journal }: Office, folder: string): () => Promise<void> {
  const changes = new FolderChanges(folder);
  return async () => {
    await sleep(folderEveryMs, undefined, { signal }).catch(() => {});
    if (!changes.changed()) return;
    journal.info('feeds', `${folder} changed`);
    asked.wake();
  };
}

async function open(
  office: Office,
  settings: GoOnSettings,
  http: NonNullable<GoOnSettings['http']>,
): Promise<Server | null> {
  try {
    const server = await listen(http, answersOf(office, settings));
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : http.port;
    office.journal.info('http', `listening on ${http.host}:${port}`, { port });
    return server;
  } catch (thrown) {
    // Several watches on one machine: only one has the address that nobody named.
    if (http.named || !(thrown instanceof CodedError)) throw thrown;
    office.journal.warn('http', `nothing is served over HTTP: ${thrown.message}`);
    return null;
  }
}

function answersOf(
  { ledger, leases, config, schedule, journal, home, asked }: Office,
  { cycles, version }: GoOnSettings,
): Answers {
  const counts = new FindingCounts();
  const sinks = config.sinks.map((s) => s.name);
  return {
    healthy: async () => {
      if (cycles === null) return null;
      const row = await leases.look(cycleJob).catch(() => null);
      const began = row?.last_began ?? null;
      if (began === null) return null;
      // By the clock of whoever wrote it.
      const now = await leases.now().catch(() => began);
      const mayBeMs = 2 * schedule.periodMs(now) + schedule.jitterMs + slackMs;
      return now - began > mayBeMs ? `no cycle began since ${new Date(began).toISOString()}` : null;
    },
    ready: async () => {
      try {
        await ledger.state();
        return null;
      } catch {
        return 'the ledger cannot be read';
      }
    },
    metrics: async () => {
      const status = storeStatus(home);
      const feeds = status.state === 'ready' ? status.snapshot.feeds : [];
      return await metricsText(ledger, { counts, feeds, sinks, version, budgetMs: metricsBudgetMs });
    },
    rescan: async () => {
      await leases.make(cycleJob, 0);
      await leases.request(cycleJob);
      asked.wake();
    },
    failed: async (thrown) => void tellFailure(journal, 'http', await failureOf(ledger, thrown)),
  };
}
