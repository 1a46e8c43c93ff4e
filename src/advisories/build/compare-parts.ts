import type { FeedState } from '../../model/advisory.ts';
import type { Compared } from '../bounds.ts';
import type { FeedCounts } from '../feed-report.ts';
import type { PartState } from '../feeds/part.ts';

function tellingOf(parts: Iterable<PartState>): number | null {
  let sum = 0;
  for (const { telling, records } of parts) {
    if (telling !== undefined) sum += telling;
    // `.meta` files have no records, and a store of before this was counted does not know.
    else if (records > 0) return null;
  }
  return sum;
}

/**
 * A feed of facts as it was and as it was found: the whole, then each of its documents, those that are gone too. A lost
 * year of NVD is a small part of all years, and a whole year nevertheless.
 */
export function compareParts(
  before: FeedState,
  known: ReadonlyMap<string, PartState>,
  counts: FeedCounts,
  parts: readonly PartState[],
): readonly Compared[] {
  const whole = {
    what: before.id,
    before: { ...before, telling: tellingOf(known.values()) },
    found: { ...counts, telling: tellingOf(parts) },
  };
  const found = new Map(parts.map((part) => [part.path, part]));
  const documents = [...known.values()].filter((part) => part.records > 0);
  const each = documents.map((part) => {
    const now = found.get(part.path);
    return {
      what: part.path,
      before: { ...part, telling: part.telling ?? null },
      found: { records: now?.records ?? 0, badRecords: now?.badRecords ?? 0, telling: now?.telling ?? null },
    };
  });
  return documents.length === 1 && parts.length === 1 ? [whole] : [whole, ...each];
}
