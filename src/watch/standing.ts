import type { FeedsDocument } from '../ledger/document-shapes.ts';
import type { Documents } from '../ledger/documents.ts';
import type { Source } from '../ledger/queries/changed-components.ts';
import { readFeeds } from '../ledger/read-documents.ts';
import type { AdvisoryStore, FeedState } from '../model/advisory.ts';
import { baseOf } from '../model/ecosystem.ts';
import type { Problem } from '../model/problem.ts';

/** A feed that the ledger has met in a newer state than the store holds. */
interface Behind {
  readonly id: string;
  readonly newest: string;
  /** Null: the store does not hold it. */
  readonly has: string | null;
}

/** How a store stands to those that the ledger has met before. */
export interface Standing {
  /** What the next store is held against. */
  readonly newest: FeedsDocument['newest'];
  readonly behind: readonly Behind[];
  /**
   * Why nothing that is known may be changed by it: no feed is newer and one is older, or a feed that speaks of vulnerabilities
   * as such (NVD, KEV) is older or missing, without which severities would be unlearned. Null where it may.
   */
  readonly unfit: string | null;
}

/** Feeds that speak of vulnerabilities whatever the component. EPSS takes no part in what is known. */
const factFeeds: ReadonlySet<string> = new Set(['nvd', 'kev', 'eukev']);

const day = (time: string | null) => (time === null ? 'missing' : time.slice(0, 10));

/** A time that cannot be read is older than any. */
function instantOf(time: string): number {
  const at = Date.parse(time);
  return Number.isNaN(at) ? Number.NEGATIVE_INFINITY : at;
}

function inWords(behind: readonly Behind[]): string {
  const words = behind.map(({ id, newest, has }) => `${id} ${day(has)} instead of ${day(newest)}`);
  return words.length <= 5 ? words.join(', ') : `${words.slice(0, 5).join(', ')} and ${words.length - 5} more`;
}

/** Holds the feeds of a store against the newest that were met before. */
export function standingTo(newest: FeedsDocument['newest'], feeds: readonly FeedState[]): Standing {
  const has = new Map(feeds.map((f) => [f.id, f.asOf]));
  const met = new Map(newest.map((f) => [f.id, f.asOf]));
  const behind: Behind[] = [];
  for (const [id, asOf] of met) {
    const own = has.get(id) ?? null;
    if (own === null || instantOf(own) < instantOf(asOf)) behind.push({ id, newest: asOf, has: own });
  }
  const newer = feeds.some(({ id, asOf }) => !met.has(id) || instantOf(asOf) > instantOf(met.get(id) ?? ''));
  const older = behind.some((b) => b.has !== null);
  const facts = behind.filter((b) => factFeeds.has(b.id));
  for (const { id, asOf } of feeds) if (instantOf(asOf) > instantOf(met.get(id) ?? '')) met.set(id, asOf);
  return {
    newest: [...met].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, asOf]) => ({ id, asOf })),
    behind,
    unfit: older && !newer ? inWords(behind) : facts.length > 0 ? inWords(facts) : null,
  };
}

/** How a store stands to all snapshots that the ledger knows. */
export async function standingOf(source: Source, documents: Documents, store: AdvisoryStore): Promise<Standing> {
  const last = await source.reader
    .selectFrom('snapshot')
    .select('document')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  if (last === undefined) return standingTo([], store.snapshot.feeds);
  const digest = last.document as `sha256:${string}`;
  return standingTo(readFeeds(await documents.get(digest), digest).newest, store.snapshot.feeds);
}

/** The standing of a store that counts as the newest, whatever was met before. */
export function standingAlone({ snapshot }: AdvisoryStore): Standing {
  return standingTo([], snapshot.feeds);
}

/** Whether the store's feed of an ecosystem is older than one that was met: what is known from it stays. */
export function holdsBack({ behind, unfit }: Standing, ecosystem: string): boolean {
  const feed = `osv/${baseOf(ecosystem)}`;
  return unfit !== null || behind.some((b) => b.id === feed && b.has !== null);
}

/** What is told of a store that is behind. A feed that is missing is told where components need it. */
export function standingProblems({ behind, unfit }: Standing): Problem[] {
  if (unfit !== null) {
    const message = `is older than what was used before, or lacks a part of it (${unfit}): what is known stays as it is; run: kvitto db update`;
    return [{ code: 'store-stale', where: 'advisory store', message }];
  }
  return behind
    .filter((b) => b.has !== null)
    .map((b) => ({
      code: 'store-stale' as const,
      where: b.id,
      message: `is older than the one that was used before (${day(b.has)}, ${day(b.newest)}): what is known from it stays as it is; run: kvitto db update`,
    }));
}

/** The feeds that were last confirmed more than `maxAgeMs` before `now`, as problems. A time that cannot be read is stale. */
export function ageProblems(feeds: readonly FeedState[], maxAgeMs: number, now: number): Problem[] {
  return feeds
    .filter((feed) => !(now - instantOf(feed.asOf) <= maxAgeMs))
    .map((feed) => ({
      code: 'store-stale' as const,
      where: feed.id,
      message: `was last confirmed on ${day(feed.asOf)}; run: kvitto db update`,
    }));
}
