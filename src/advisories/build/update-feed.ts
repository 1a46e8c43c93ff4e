import { createHash } from 'node:crypto';
import type { FeedState } from '../../model/advisory.ts';
import { CodedError } from '../../model/errors.ts';
import { believe, type FeedBounds } from '../bounds.ts';
import { type FeedCounts, FeedRefused, type FeedReport, faultOf } from '../feed-report.ts';
import type { FactFeed } from '../feeds/feed.ts';
import { fetchOsv } from '../feeds/osv/fetch.ts';
import type { Scorer } from '../feeds/osv/severity.ts';
import type { FetchedPart, PartState } from '../feeds/part.ts';
import type { Origin } from '../origin/origin.ts';
import { compareParts } from './compare-parts.ts';
import { buildOsv } from './osv-feed.ts';
import type { PreviousStore } from './previous.ts';
import type { StoreWriter } from './store-writer.ts';

/** A report with what the store needs to close the update. */
export interface FeedOutcome {
  readonly report: FeedReport;
  readonly newest: string | null;
  /** New states of its documents. */
  readonly parts: readonly PartState[];
}

export interface FeedContext {
  readonly origin: Origin;
  readonly writer: StoreWriter;
  readonly previous: PreviousStore | null;
  readonly scratch: string;
  readonly score: Scorer;
  readonly bounds: FeedBounds;
  /** Ids of the feeds that are taken also where they are not within the bounds. */
  readonly accept: ReadonlySet<string>;
  readonly now: Date;
  readonly signal: AbortSignal;
}

type OnStage = (stage: 'fetch' | 'read', records: number) => void;

/** Set to its true value by `touchFeed`, when all feeds are in. */
const asOfLater = '1970-01-01T00:00:00Z';

function failed(id: string, thrown: unknown, previous: PreviousStore | null): FeedOutcome {
  // Of an update that was stopped, nothing is kept; and what is no failure of the feed is not hidden as one.
  if (!(thrown instanceof CodedError) || thrown.code === 'aborted' || thrown.code === 'disk-full') throw thrown;
  const before = previous?.feed(id) ?? null;
  const refused = thrown instanceof FeedRefused ? thrown : null;
  const stays = before === null ? '' : `; its former state (${before.asOf}) stays in use`;
  const remedy = refused?.acceptable === true ? `; if it is meant to be so: kvitto db update --accept ${id}` : '';
  const report: FeedReport = {
    id,
    state: 'failed',
    why: faultOf(thrown, before === null),
    records: before?.records ?? 0,
    badRecords: before?.badRecords ?? 0,
    before: before?.records ?? null,
    found: refused?.found ?? null,
    message: `${thrown.message}${stays}${remedy}`,
  };
  return { report, newest: null, parts: [] };
}

function absent(id: string, origin: Origin): CodedError {
  return new CodedError('feed-unreachable', `${origin.label} has no ${id}`);
}

function unchanged(id: string, context: FeedContext): FeedOutcome {
  const { writer, previous } = context;
  const before = previous?.feed(id);
  if (previous == null || before == null) throw new Error(`${id} is called unchanged, but is not in the store`);
  writer.keepFeed(id);
  const { records, badRecords } = before;
  const report = { id, state: 'unchanged', why: null, records, badRecords, before: records, found: null } as const;
  return { report, newest: previous.newest(id), parts: [] };
}

/** What was read of a feed, apart from its rows. */
interface Read extends FeedCounts {
  readonly digest: string;
  readonly firstFault: string | null;
  /** Why it would not have been believed, had the user not accepted it. */
  readonly note: string | null;
  readonly newest: string | null;
  readonly parts: readonly PartState[];
}

function updated(id: string, read: Read, { writer, previous }: FeedContext): FeedOutcome {
  const { digest, records, badRecords, firstFault, note, newest, parts } = read;
  const state: FeedState = { id, asOf: asOfLater, digest, records, badRecords };
  writer.putFeed(state, newest, parts);
  const bad = firstFault === null ? null : `${badRecords} bad, the first one: ${firstFault}`;
  const says = [note, bad].filter((text) => text !== null).join('; ');
  const report: FeedReport = {
    id,
    state: 'updated',
    why: null,
    records,
    badRecords,
    before: previous?.feed(id)?.records ?? null,
    found: { records, badRecords },
    ...(says === '' ? {} : { message: says }),
  };
  return { report, newest, parts };
}

/** Updates one ecosystem. A failure of the feed is an outcome; what is thrown ends the update. */
export async function updateOsv(ecosystem: string, context: FeedContext, onStage: OnStage): Promise<FeedOutcome> {
  const id = `osv/${ecosystem}`;
  const { origin, previous } = context;
  try {
    onStage('fetch', 0);
    const known = previous?.parts(id) ?? new Map<string, PartState>();
    const fetched = await fetchOsv(ecosystem, { origin, known, now: context.now, signal: context.signal });
    if (fetched.kind === 'absent') throw absent(id, origin);
    if (fetched.kind === 'same') return unchanged(id, context);
    const onRecords = (records: number) => onStage('read', records);
    const accepted = context.accept.has(id);
    return updated(id, await buildOsv(ecosystem, fetched, { ...context, accepted, onRecords }), context);
  } catch (thrown) {
    return failed(id, thrown, previous);
  }
}

function isSame(fetched: readonly FetchedPart[], known: ReadonlyMap<string, PartState>): boolean {
  return fetched.length === known.size && fetched.every((part) => part.fresh === null);
}

/** Over the digests of a feed's documents; of a single one, its own. */
function digestOfParts(parts: readonly PartState[]): string {
  const documents = parts.filter((p) => !p.path.endsWith('.meta'));
  if (documents.length === 1 && documents[0] !== undefined) return documents[0].digest;
  const text = documents.map((p) => `${p.path} ${p.digest}\n`).join('');
  return `sha256:${createHash('sha256').update(text).digest('hex')}`;
}

/** The counts of a feed of facts. Throws where there is nothing to count. */
function countsOf(id: string, parts: readonly PartState[], firstFault: string | null): FeedCounts {
  const records = parts.reduce((sum, p) => sum + p.records, 0);
  const badRecords = parts.reduce((sum, p) => sum + p.badRecords, 0);
  const found = { records, badRecords };
  // None of these is ever empty: taken over, it would quietly turn "exploited" and "likely" into "no".
  if (records === 0) throw new FeedRefused('invalid', `${id} holds no record`, { found });
  if (records > badRecords) return found;
  const why = `none of the ${records} records of ${id} can be read: ${firstFault ?? 'no reason is known'}`;
  throw new FeedRefused('form-changed', why, { found });
}

/** Updates one feed of facts. A failure of the feed is an outcome; what is thrown ends the update. */
export async function updateFact(feed: FactFeed, context: FeedContext, onStage: OnStage): Promise<FeedOutcome> {
  const { id } = feed;
  const { origin, writer, previous, bounds, now, signal } = context;
  const known = previous?.parts(id) ?? new Map<string, PartState>();
  let fetched: readonly FetchedPart[];
  try {
    onStage('fetch', 0);
    fetched = await feed.fetch({ origin, known, now, signal });
    if (fetched.length === 0) throw absent(id, origin);
    if (isSame(fetched, known)) return unchanged(id, context);
  } catch (thrown) {
    return failed(id, thrown, previous);
  }
  try {
    onStage('read', 0);
    const { parts, firstFault } = await feed.read(fetched, writer, now);
    const counts = countsOf(id, parts, firstFault);
    const before = previous?.feed(id) ?? null;
    const compared = before === null ? [] : compareParts(before, known, counts, parts);
    const note = believe(compared, counts, { bounds, accepted: context.accept.has(id) });
    const instant = now.toISOString();
    const newest = parts.reduce<string | null>(
      (best, p) => (p.newest !== null && p.newest <= instant && (best === null || p.newest > best) ? p.newest : best),
      null,
    );
    return updated(id, { ...counts, digest: digestOfParts(parts), firstFault, note, newest, parts }, context);
  } catch (thrown) {
    writer.dropFeed(id);
    return failed(id, thrown, previous);
  }
}
