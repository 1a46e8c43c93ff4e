import { existsSync } from 'node:fs';
import { storePaths } from '../../../advisories/paths.ts';
import { openStore } from '../../../advisories/store/open.ts';
import type { WatchSettings } from '../../../alerts/config/config.ts';
import type { Instant } from '../../../ledger/instant.ts';
import type { Ledger } from '../../../ledger/ledger.ts';
import type { AdvisoryStore } from '../../../model/advisory.ts';
import { CodedError, messageOf } from '../../../model/errors.ts';
import { LogError } from '../../../tlog/errors.ts';
import { recordConditions } from '../../../watch/conditions/conditions.ts';
import type { FeedOutcome } from '../../../watch/conditions/feed-outcome.ts';
import { takeTimings } from '../../../watch/metrics/timings.ts';
import { type RescanResult, rescan } from '../../../watch/rescan.ts';
import { databaseUrl } from '../../ledger-options.ts';
import { rescanHelpers } from '../../rescan-threads.ts';
import { ecosystemsNeeded } from './feeds-needed.ts';
import { updateFeeds } from './feeds-update.ts';
import type { Journal } from './journal.ts';

export interface CycleRequest {
  readonly ledger: Ledger;
  readonly home: string;
  readonly settings: WatchSettings;
  /** Where the feeds come from; null: the public addresses. */
  readonly base: string | null;
  /** The file that Node was started with: feeds are brought up to date by a process of its own. Null: by this one. */
  readonly entry: string | null;
  /** Fetch nothing: the store as it is. */
  readonly noUpdate: boolean;
  /** Since when nobody watched, where that is longer than it may be. */
  readonly silentSince: Instant | null;
  readonly actor: string;
  readonly signal: AbortSignal;
  readonly journal: Journal;
}

export interface CycleResult {
  /** Components that were held against the advisories, and what that opened and closed; null: there are none, or only older ones. */
  readonly rescanned: RescanResult['rescanned'] | null;
  readonly assessed: number;
  /** Conditions that began and ended. */
  readonly began: number;
  readonly ended: number;
  /** Why not everything could be assessed; empty where it could. */
  readonly gaps: readonly string[];
  readonly tookMs: number;
}

/**
 * One cycle: the feeds are brought up to date, what the ledger knows is held against them, and what holds by itself is looked at. Each part is a fact of its own: a cycle
 * that is cut off anywhere is made whole by the next. Throws what the parts throw, but for feeds that fail: they are conditions.
 */
export async function runCycle(request: CycleRequest): Promise<CycleResult> {
  const { ledger, home, settings, signal, actor } = request;
  const began = performance.now();
  const gaps: string[] = [];
  const feeds = request.noUpdate ? null : await update(request, gaps);
  signal.throwIfAborted();
  const store = openIfThere(home);
  try {
    const result = store === null ? null : await hold(request, store, gaps);
    if (store === null) gaps.push('there is no advisory store');
    const conditions = await recordConditions(ledger, {
      store,
      feeds,
      settings,
      silentSince: request.silentSince,
      actor,
    });
    await publish(request);
    while (!signal.aborted && (await takeTimings(ledger)));
    return {
      rescanned: result?.rescanned ?? null,
      assessed: result?.assessed ?? 0,
      began: conditions.began.length,
      ended: conditions.ended.length,
      gaps,
      tookMs: Math.round(performance.now() - began),
    };
  } finally {
    store?.close();
  }
}

/** Null: nothing needs advisories yet, or another process is at it. */
async function update(request: CycleRequest, gaps: string[]): Promise<readonly FeedOutcome[] | null> {
  const { ledger, home, base, entry, settings, signal, journal } = request;
  const ecosystems = await ecosystemsNeeded(ledger, home, settings.ecosystems);
  if (ecosystems.length === 0) return null;
  try {
    const now = ledger.parts.clock();
    const { feeds, warnings } = await updateFeeds({ home, base, ecosystems, now, entry, signal });
    for (const warning of warnings) journal.warn('feeds', warning);
    return feeds.map(({ id, state, why, message = 'no reason given' }) => {
      if (state === 'failed') gaps.push(`${id}: ${message}`);
      return { id, state, ...(why !== null && { why }), message };
    });
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown;
    if (thrown.code === 'store-busy') {
      journal.info('feeds', `not updated: ${thrown.message}`);
      return null;
    }
    // There never was a store, and nothing could be had: each feed failed.
    if (thrown.code !== 'feed-unreachable') throw thrown;
    const { message } = thrown;
    gaps.push(message);
    return ecosystems.map((each) => ({ id: `osv/${each}`, state: 'failed', why: 'unreachable', message }));
  }
}

/** Null: the store is older than what was used before, and nothing that is known is changed by it. */
async function hold(
  { ledger, home, settings, actor, signal }: CycleRequest,
  store: AdvisoryStore,
  gaps: string[],
): Promise<RescanResult | null> {
  try {
    const { paths, tool, name, waitMs, clock } = ledger.parts;
    const helpers = rescanHelpers({
      ledger: { folder: paths.folder, databaseUrl: databaseUrl(process.env), tool, name, waitMs },
      store: storePaths(home).store,
      actor,
      leaseMs: null,
      clockAheadMs: clock().getTime() - Date.now(),
    });
    // What it changed is told by the events of its entries.
    const told = { tell: false, helpers, signal };
    const result = await rescan(ledger, store, actor, { maxFeedAgeMs: settings.maxDbAgeMs, ...told });
    for (const { where, message } of result.problems) gaps.push(`${where}: ${message}`);
    return result;
  } catch (thrown) {
    // It stays so until somebody sees to it: what holds by itself, a scan that is overdue among it, is looked at all the same.
    if (!(thrown instanceof CodedError) || thrown.code !== 'usage') throw thrown;
    gaps.push(thrown.message);
    return null;
  }
}

/** Brings what was recorded into the log's files. Where that fails, the next who writes does it. */
export async function publish({ ledger, journal }: Pick<CycleRequest, 'ledger' | 'journal'>): Promise<void> {
  try {
    const { size, published_size: published } = await ledger.state();
    if (size > published) await ledger.publish();
  } catch (thrown) {
    if (!(thrown instanceof CodedError) && !(thrown instanceof LogError)) throw thrown;
    journal.warn('log', `recorded, but not yet in the log's files: ${messageOf(thrown)}`);
  }
}

function openIfThere(home: string): AdvisoryStore | null {
  const { store } = storePaths(home);
  return existsSync(store) ? openStore(store) : null;
}
