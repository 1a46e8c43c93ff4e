import path from 'node:path';
import { replaceFile } from '../files/replace-file.ts';
import type { SnapshotInfo } from '../model/advisory.ts';
import { CodedError } from '../model/errors.ts';
import { clip } from '../model/problem.ts';
import { defaultBounds, type FeedBounds } from './bounds.ts';
import { asOfRule } from './build/as-of.ts';
import { openPrevious, type PreviousStore } from './build/previous.ts';
import { StoreWriter, storeWriteFailure } from './build/store-writer.ts';
import { type FeedOutcome, updateFact, updateOsv } from './build/update-feed.ts';
import type { FeedReport } from './feed-report.ts';
import { factFeeds } from './feeds/all.ts';
import { defaultFetchOptions, type FetchOptions } from './limits.ts';
import { withStoreLock } from './lock.ts';
import { baseEcosystem } from './names.ts';
import { folderOrigin } from './origin/folder.ts';
import { httpOrigin, publicOrigin } from './origin/http.ts';
import { isEcosystemName, type Origin } from './origin/origin.ts';
import { storePaths } from './paths.ts';
import { cvssScorer } from './severity/cvss.ts';

/** A feed of facts, by the name that `UpdateRequest.feeds` takes. */
export type FactFeedId = 'nvd' | 'kev' | 'eukev' | 'epss';

export interface UpdateRequest {
  /** `KVITTO_HOME`. */
  readonly home: string;
  /** A folder or an http(s) address in the layout of a feeds folder; null for the public addresses. */
  readonly base: string | null;
  /** OSV ecosystems, with or without release; null for all that the base has. */
  readonly ecosystems: readonly string[] | null;
  /** Default: all. */
  readonly feeds?: readonly FactFeedId[];
  readonly now: Date;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: UpdateProgress) => void;
  readonly fetch?: Partial<FetchOptions>;
  /** How far a feed may move from what the store holds and still be taken. Default: `defaultBounds`. */
  readonly bounds?: Partial<FeedBounds>;
  /** Feeds of this update that are taken also where they are not within the bounds, by id. Default: none. */
  readonly accept?: readonly string[];
}

export interface UpdateProgress {
  readonly feed: string;
  readonly stage: 'fetch' | 'read';
  /** Records read so far. */
  readonly records: number;
}

export interface UpdateResult {
  /** The store file. */
  readonly store: string;
  readonly snapshot: SnapshotInfo;
  /** The feeds that were asked for, in the order in which they were taken. */
  readonly perFeed: readonly FeedReport[];
  /** What else the user should know: a former store that was unreadable. */
  readonly warnings: readonly string[];
}

/** Opens the origin that `base` names. `scratch`: an existing folder for downloads. */
export function openOrigin(base: string | null, scratch: string, options: FetchOptions): Origin {
  if (base === null) return publicOrigin(scratch, options);
  return /^https?:\/\//i.test(base) ? httpOrigin(base, scratch, options) : folderOrigin(base);
}

/** The ecosystems to fetch, without release and each once. Throws `usage` where none can be told. */
export async function chooseEcosystems(
  origin: Origin,
  asked: readonly string[] | null,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (asked !== null) {
    const names = [...new Set(asked.map(baseEcosystem))];
    const strange = names.find((name) => !isEcosystemName(name));
    if (strange !== undefined) throw new CodedError('usage', `"${clip(strange, 60)}" is no name of an OSV ecosystem`);
    return names;
  }
  // The public bucket has everything there is; nobody wants that by having said nothing.
  const present = origin.kind === 'public' ? null : await origin.ecosystems(signal);
  if (present === null) {
    throw new CodedError('usage', `${origin.label} does not tell which ecosystems it has`, {
      remedy: 'name the ecosystems, for example: Debian npm PyPI',
    });
  }
  return present;
}

function nothingReached(reports: readonly FeedReport[], origin: Origin): CodedError {
  const failed = reports.map((r) => `${r.id}: ${r.message ?? 'failed'}`);
  const text = failed.length === 0 ? 'no feed was asked for, or there is none' : failed.slice(0, 3).join('; ');
  return new CodedError('feed-unreachable', `no advisory store could be built from ${origin.label}: ${text}`, {
    remedy: 'check the network and the address, or give --feeds a mirrored folder',
  });
}

async function takeFeeds(
  request: UpdateRequest,
  origin: Origin,
  writer: StoreWriter,
  previous: PreviousStore | null,
  signal: AbortSignal,
): Promise<FeedOutcome[]> {
  const outcomes: FeedOutcome[] = [];
  const context = {
    origin,
    writer,
    previous,
    scratch: storePaths(request.home).scratch,
    score: cvssScorer(),
    bounds: { ...defaultBounds, ...request.bounds },
    accept: new Set(request.accept),
    now: request.now,
    signal,
  };
  const progress = (feed: string) => (stage: 'fetch' | 'read', records: number) =>
    request.onProgress?.({ feed, stage, records });
  const ecosystems = await chooseEcosystems(origin, request.ecosystems, signal);
  const facts = factFeeds.filter(({ id }) => request.feeds?.includes(id) ?? true);
  const ids = new Set([...ecosystems.map((e) => `osv/${e}`), ...facts.map(({ id }) => id)]);
  // A misspelt name would accept nothing, and be found out by the next failure only.
  const strange = request.accept?.find((id) => !ids.has(id));
  if (strange !== undefined) {
    throw new CodedError('usage', `"${clip(strange, 60)}" cannot be accepted: it is no feed of this update`, {
      remedy: `name feeds as the update reports them: ${clip([...ids].join(', '), 200)}`,
    });
  }
  for (const ecosystem of ecosystems) {
    outcomes.push(await updateOsv(ecosystem, context, progress(`osv/${ecosystem}`)));
  }
  for (const feed of facts) outcomes.push(await updateFact(feed, context, progress(feed.id)));
  return outcomes;
}

async function rebuild(request: UpdateRequest, signal: AbortSignal): Promise<UpdateResult> {
  const paths = storePaths(request.home);
  const warnings: string[] = [];
  const origin = openOrigin(request.base, paths.scratch, { ...defaultFetchOptions, ...request.fetch });
  const previous = openPrevious(paths.store, (message) => warnings.push(message));
  const writer = new StoreWriter(path.join(paths.scratch, 'store.db'), previous?.file ?? null);
  try {
    const outcomes = await takeFeeds(request, origin, writer, previous, signal);
    const asOf = await asOfRule(
      origin,
      outcomes.map((o) => o.newest),
      request.now,
      signal,
    );
    const perFeed = outcomes.map((o) => o.report);
    const taken = outcomes.filter((o) => o.report.state !== 'failed');
    if (taken.length === 0 && previous === null) throw nothingReached(perFeed, origin);
    const touched = new Set(taken.map((o) => o.report.id));
    const stale = taken.some(
      (o) => o.report.state === 'updated' || previous?.feed(o.report.id)?.asOf !== asOf(o.report.id),
    );
    if (!stale && previous !== null) return { store: paths.store, snapshot: previous.snapshot, perFeed, warnings };
    for (const { id } of previous?.snapshot.feeds ?? []) if (!touched.has(id)) writer.keepFeed(id);
    for (const outcome of taken) writer.touchFeed(outcome.report.id, asOf(outcome.report.id), outcome.parts);
    const snapshot = writer.finish();
    if (signal.aborted) throw new CodedError('aborted', 'the update was stopped');
    replaceFile(writer.file, paths.store);
    return { store: paths.store, snapshot, perFeed, warnings };
  } catch (thrown) {
    throw storeWriteFailure(paths.store, thrown);
  } finally {
    writer.discard();
    previous?.close();
    await origin.close();
  }
}

/**
 * Brings the advisory store below `home` up to date: fetches the feeds that are asked for, keeps all others as they are, and
 * replaces the store in one step. A feed that fails, or moved further than `bounds` from what the store holds, keeps its
 * former state, its time with it, and is reported in `perFeed`.
 *
 * Throws `feed-unreachable` where nothing could be had and there is no former store, `store-busy` where another
 * process is at it, `usage`, `disk-full`, `aborted`. Whatever is thrown, the former store is still there, complete.
 */
export async function updateStore(request: UpdateRequest): Promise<UpdateResult> {
  const signal = request.signal ?? new AbortController().signal;
  return withStoreLock(request.home, 'kvitto db update', request.now, () => rebuild(request, signal));
}
