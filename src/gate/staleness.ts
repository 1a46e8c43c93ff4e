import type { FeedState, SnapshotInfo } from '../model/advisory.ts';

/**
 * The feeds that were last confirmed more than `maxAgeMs` before `now` (`FeedState.asOf`), in the order of the snapshot.
 * `ecosystems` (OSV, without release): only their feeds are looked at, and those that speak of vulnerabilities as such
 * (`nvd`, `kev`, `eukev`, `epss`); null: all feeds. A time that cannot be read is stale.
 */
export function staleFeeds(
  snapshot: SnapshotInfo,
  maxAgeMs: number,
  now: Date,
  ecosystems: readonly string[] | null,
): FeedState[] {
  return snapshot.feeds.filter((feed) => {
    if (ecosystems !== null && feed.id.startsWith('osv/') && !ecosystems.includes(feed.id.slice(4))) return false;
    return !(now.getTime() - Date.parse(feed.asOf) <= maxAgeMs);
  });
}
