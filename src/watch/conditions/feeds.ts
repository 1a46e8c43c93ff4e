import type { Condition } from '../../ledger/document-shapes.ts';
import type { Instant } from '../../ledger/instant.ts';
import type { AdvisoryStore } from '../../model/advisory.ts';
import { clip } from '../../model/problem.ts';
import type { FeedOutcome } from './feed-outcome.ts';

/** Feeds that could not be taken, with the reason: unreachable, unreadable, shrunk, of another form. */
export function failedFeeds(feeds: readonly FeedOutcome[]): Condition[] {
  return feeds
    .filter((f) => f.state === 'failed')
    .map(({ id, why, message = 'no reason given' }) => {
      const told = clip(`feed ${id} was not taken: ${message}`, 500);
      return { what: 'feed-failed', subject: id, level: why ?? 'failed', detail: { message: told, why: why ?? null } };
    });
}

/** Feeds of the store that nobody confirmed for too long. A time that cannot be read, or lies ahead, is no confirmation. */
export function staleFeeds(store: AdvisoryStore | null, maxAgeMs: number, now: Instant): Condition[] {
  if (store === null) {
    const message = 'there is no advisory store: nothing can be known';
    return [{ what: 'feed-stale', subject: '*', level: '', detail: { message, asOf: null } }];
  }
  return store.snapshot.feeds
    .filter(({ asOf }) => !(now - Date.parse(asOf) <= maxAgeMs))
    .map(({ id, asOf }) => {
      const message = `feed ${id} was last confirmed on ${asOf.slice(0, 10)}`;
      return { what: 'feed-stale', subject: id, level: '', detail: { message, asOf } };
    });
}
