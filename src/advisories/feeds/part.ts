import type { Fresh, Known } from '../origin/origin.ts';

/** What the store remembers of one downloaded document, so that the next update need not fetch it again. */
export interface PartState extends Known {
  /** In the layout of a feeds folder: `osv/Debian/all.zip`. */
  readonly path: string;
  readonly records: number;
  readonly badRecords: number;
  /** Newest time inside it (RFC 3339 UTC). */
  readonly newest: string | null;
  /** When it was fetched whole. */
  readonly fetchedAt: string;
  /** Records that say what the feed is read for: see `Weight`. Of an OSV feed this is kept with its zip. */
  readonly telling?: number;
  /** Of a zip: names of its bad records, the first few. */
  readonly badNames?: readonly string[];
}

/** A document that was looked up: fresh, or as it was. */
export interface FetchedPart {
  readonly path: string;
  readonly known: PartState | null;
  readonly fresh: Fresh | null;
}

/** The state of a part after its fresh document was read. */
export function partState(
  path: string,
  fresh: Fresh,
  read: Pick<PartState, 'records' | 'badRecords' | 'newest'>,
  now: Date,
): PartState {
  const { digest, url, etag, lastModified } = fresh;
  const { records, badRecords, newest } = read;
  return { path, digest, url, etag, lastModified, records, badRecords, newest, fetchedAt: now.toISOString() };
}
