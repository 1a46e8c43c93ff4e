import type { FeedReport } from '../../../advisories/build/update-feed.ts';
import { updateStore } from '../../../advisories/update.ts';

/** What an update of the advisory store left. */
export interface FeedsUpdate {
  readonly feeds: readonly FeedReport[];
  readonly warnings: readonly string[];
}

export interface FeedsRequest {
  readonly home: string;
  /** A folder or an address; null: the public addresses. */
  readonly base: string | null;
  readonly ecosystems: readonly string[];
  readonly now: Date;
  readonly signal: AbortSignal;
}

/** Brings the store up to date. Throws what `updateStore` throws. */
export async function updateFeeds(request: FeedsRequest): Promise<FeedsUpdate> {
  const { perFeed, warnings } = await updateStore(request);
  return { feeds: perFeed, warnings };
}
