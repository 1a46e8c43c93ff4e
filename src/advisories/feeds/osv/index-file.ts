import { asInstant } from '../json.ts';

/** One line of `modified_id.csv`. */
export interface IndexEntry {
  readonly modified: string;
  readonly id: string;
}

const idShape = /^[A-Za-z0-9][\w.:+~@-]{0,199}$/;

/**
 * Reads `modified_id.csv` of an ecosystem: `<time>,<id>` per line, newest first. Lines that are neither are left out; the
 * id becomes a part of an address, so it is held to what ids look like.
 */
export function parseIndex(text: string): IndexEntry[] {
  const entries: IndexEntry[] = [];
  for (let at = 0; at < text.length; ) {
    const next = text.indexOf('\n', at);
    const end = next < 0 ? text.length : next;
    const comma = text.indexOf(',', at);
    if (comma > 0 && comma < end) {
      const modified = asInstant(text.slice(at, comma));
      const id = text.slice(comma + 1, end).trim();
      if (modified !== null && idShape.test(id) && !id.includes('..')) entries.push({ modified, id });
    }
    at = end + 1;
  }
  return entries;
}

/** The newest time in a list that is not later than `now`, which would hide changes to come; null where there is none. */
export function newestIn(entries: readonly IndexEntry[], now: string): string | null {
  let newest: string | null = null;
  for (const { modified } of entries) {
    if (!later(modified, now) && (newest === null || later(modified, newest))) newest = modified;
  }
  return newest;
}

/** RFC 3339 times in UTC compare as text once the Z, which sorts above the dot of a fraction, is gone. */
function later(a: string, b: string): boolean {
  return a.slice(0, -1) > b.slice(0, -1);
}

/** Ids modified at or after a time. At it, too: a publisher may write several records within one tick. */
export function changedSince(entries: readonly IndexEntry[], since: string): string[] {
  return [...new Set(entries.filter((e) => !later(since, e.modified)).map((e) => e.id))];
}
