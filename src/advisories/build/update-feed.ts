import { createHash } from 'node:crypto';
import type { FeedState } from '../../model/advisory.ts';
import { CodedError } from '../../model/errors.ts';
import type { FactFeed } from '../feeds/feed.ts';
import { fetchOsv } from '../feeds/osv/fetch.ts';
import type { Scorer } from '../feeds/osv/severity.ts';
import type { FetchedPart, PartState } from '../feeds/part.ts';
import type { Origin } from '../origin/origin.ts';
import { buildOsv } from './osv-feed.ts';
import type { PreviousStore } from './previous.ts';
import type { StoreWriter } from './store-writer.ts';

/** How one feed fared in an update. */
export interface FeedReport {
  /** `osv/Debian`, `nvd` … */
  readonly id: string;
  readonly state: 'updated' | 'unchanged' | 'failed';
  /** As the feed stands in the store after the update; 0 where it is not in it. */
  readonly records: number;
  readonly badRecords: number;
  /** Why it failed, or what is wrong with its first bad record. */
  readonly message?: string;
}

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
  readonly now: Date;
  readonly signal: AbortSignal;
}

type OnStage = (stage: 'fetch' | 'read', records: number) => void;

/** Set to its true value by `touchFeed`, when all feeds are in. */
const asOfLater = '1970-01-01T00:00:00Z';

function failed(id: string, thrown: unknown, previous: PreviousStore | null): FeedOutcome {
  // Of an update that was stopped, nothing is kept; and what is no failure of the feed is not hidden as one.
  if (!(thrown instanceof CodedError) || thrown.code === 'aborted' || thrown.code === 'disk-full') throw thrown;
  const before = previous?.feed(id);
  const { records, badRecords } = before ?? { records: 0, badRecords: 0 };
  const message = before == null ? thrown.message : `${thrown.message}; its former state (${before.asOf}) stays in use`;
  return { report: { id, state: 'failed', records, badRecords, message }, newest: null, parts: [] };
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
  return { report: { id, state: 'unchanged', records, badRecords }, newest: previous.newest(id), parts: [] };
}

function updated(state: FeedState, firstFault: string | null, newest: string | null, parts: readonly PartState[]) {
  const { id, records, badRecords } = state;
  const message = firstFault === null ? {} : { message: `${badRecords} bad, the first one: ${firstFault}` };
  return { report: { id, state: 'updated' as const, records, badRecords, ...message }, newest, parts };
}

/** Updates one ecosystem. A failure of the feed is an outcome; what is thrown ends the update. */
export async function updateOsv(ecosystem: string, context: FeedContext, onStage: OnStage): Promise<FeedOutcome> {
  const id = `osv/${ecosystem}`;
  const { origin, writer, previous } = context;
  try {
    onStage('fetch', 0);
    const known = previous?.parts(id) ?? new Map<string, PartState>();
    const fetched = await fetchOsv(ecosystem, { origin, known, now: context.now, signal: context.signal });
    if (fetched.kind === 'absent') throw absent(id, origin);
    if (fetched.kind === 'same') return unchanged(id, context);
    const built = await buildOsv(ecosystem, fetched, { ...context, onRecords: (records) => onStage('read', records) });
    const { digest, records, badRecords, newest, parts } = built;
    const state = { id, asOf: asOfLater, digest, records, badRecords };
    writer.putFeed(state, newest, parts);
    return updated(state, built.firstFault, newest, parts);
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

/** Updates one feed of facts. A failure of the feed is an outcome; what is thrown ends the update. */
export async function updateFact(feed: FactFeed, context: FeedContext, onStage: OnStage): Promise<FeedOutcome> {
  const { id } = feed;
  const { origin, writer, previous, now, signal } = context;
  let fetched: readonly FetchedPart[];
  try {
    onStage('fetch', 0);
    const known = previous?.parts(id) ?? new Map<string, PartState>();
    fetched = await feed.fetch({ origin, known, now, signal });
    if (fetched.length === 0) throw absent(id, origin);
    if (isSame(fetched, known)) return unchanged(id, context);
  } catch (thrown) {
    return failed(id, thrown, previous);
  }
  try {
    onStage('read', 0);
    const { parts, firstFault } = await feed.read(fetched, writer, now);
    const sum = (pick: (p: PartState) => number) => parts.reduce((total, part) => total + pick(part), 0);
    // None of these is ever empty: taken over, it would quietly turn "exploited" and "likely" into "no".
    if (sum((p) => p.records) === 0) throw new CodedError('feed-invalid', `${id} holds no record`);
    const instant = now.toISOString();
    const newest = parts.reduce<string | null>(
      (best, p) => (p.newest !== null && p.newest <= instant && (best === null || p.newest > best) ? p.newest : best),
      null,
    );
    const state = {
      id,
      asOf: asOfLater,
      digest: digestOfParts(parts),
      records: sum((p) => p.records),
      badRecords: sum((p) => p.badRecords),
    };
    writer.putFeed(state, newest, parts);
    return updated(state, firstFault, newest, parts);
  } catch (thrown) {
    writer.dropFeed(id);
    return failed(id, thrown, previous);
  }
}
