import { type FeedCounts, FeedRefused } from './feed-report.ts';

/** How far a feed may move between two updates and still be believed. */
export interface FeedBounds {
  /** Share of its records (0 to 1) that a feed may lose at once. */
  readonly mostLost: number;
  /** Share of its records (0 to 1) that may be bad, where fewer were before. */
  readonly mostBad: number;
  /** Fewer records than this may be lost, or turn bad, whatever their share: a feed of ten must not fail over two. */
  readonly fewest: number;
}

export const defaultBounds: FeedBounds = { mostLost: 0.2, mostBad: 0.05, fewest: 10 };

/** What is weighed of a feed, or of one of its documents. */
export interface Weight extends FeedCounts {
  /**
   * Records that say what the feed is read for: an OSV record a name of its ecosystem (or that it is withdrawn), NVD a score.
   * A renamed key makes them silent without making one of them bad. Null where that is not known.
   */
  readonly telling: number | null;
}

function recordsOf(count: number): string {
  return `${count} ${count === 1 ? 'record' : 'records'}`;
}

function percent(part: number, whole: number): string {
  const share = (100 * part) / whole;
  return `${share >= 10 ? Math.round(share) : Math.round(share * 10) / 10} %`;
}

function lostTooMany(before: number, found: number, { mostLost, fewest }: FeedBounds): boolean {
  const lost = before - found;
  return lost >= fewest && lost > before * mostLost;
}

function badTooMany(before: FeedCounts, found: FeedCounts, { mostBad, fewest }: FeedBounds): boolean {
  const was = before.records === 0 ? 0 : before.badRecords / before.records;
  const is = found.badRecords / found.records;
  if (is <= mostBad || found.badRecords - before.badRecords < fewest) return false;
  // A feed that always had some more than the bound, and has a few more today, has not changed its form.
  return was <= mostBad || is - was > mostBad;
}

/** Why something that was found is not believed. */
interface Doubt {
  readonly why: 'shrunk' | 'form-changed';
  readonly message: string;
}

function doubt(before: Weight, found: Weight, bounds: FeedBounds): Doubt | null {
  const form = (what: string): Doubt => ({ why: 'form-changed', message: `has another form: ${what}` });
  const { records, badRecords } = found;
  if (records === 0) {
    return before.records === 0
      ? null
      : { why: 'shrunk', message: `is empty or gone, and held ${recordsOf(before.records)}` };
  }
  if (lostTooMany(before.records, records, bounds)) {
    const fewer = percent(before.records - records, before.records);
    const bound = `more than ${percent(bounds.mostLost, 1)} at once is not believed`;
    const message = `holds ${recordsOf(records)} and held ${before.records}: ${fewer} fewer, and ${bound}`;
    return { why: 'shrunk', message };
  }
  const was = `${before.badRecords} of ${before.records} before`;
  if (badRecords === records && before.badRecords < before.records) {
    return form(`none of its ${records} records can be read; bad were ${was}`);
  }
  if (badTooMany(before, found, bounds)) {
    return form(
      `${badRecords} of its ${records} records (${percent(badRecords, records)}) cannot be read; bad were ${was}`,
    );
  }
  if (before.telling !== null && found.telling !== null && lostTooMany(before.telling, found.telling, bounds)) {
    return form(`${found.telling} of its ${records} records say something that is read; ${before.telling} did before`);
  }
  return null;
}

/** A feed, or a document of it, as the store holds it and as it was found. */
export interface Compared {
  /** Names it in the message. */
  readonly what: string;
  readonly before: Weight;
  readonly found: Weight;
}

/**
 * Holds what was found of a feed against what the store holds of it. `counts`: of the whole feed, for the report. Throws
 * `FeedRefused` for the first that is not believed; where the user accepts the feed, its message is the answer instead.
 */
export function believe(
  compared: readonly Compared[],
  counts: FeedCounts,
  { bounds, accepted }: { readonly bounds: FeedBounds; readonly accepted: boolean },
): string | null {
  for (const { what, before, found } of compared) {
    const doubted = doubt(before, found, bounds);
    if (doubted === null) continue;
    const message = `${what} ${doubted.message}`;
    if (accepted) return `accepted: ${message}`;
    throw new FeedRefused(doubted.why, message, { found: counts, acceptable: true });
  }
  return null;
}
