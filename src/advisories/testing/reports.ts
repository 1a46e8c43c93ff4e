import type { FeedReport } from '../feed-report.ts';

/** The report of a feed that was taken and has no bad record. `before`: its records in the store before. */
export function taken(id: string, records: number, before: number | null = null): FeedReport {
  const counts = { records, badRecords: 0 };
  return { id, state: 'updated', why: null, ...counts, before, found: counts };
}
