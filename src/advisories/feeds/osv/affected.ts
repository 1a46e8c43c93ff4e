import type { Affected, Range, RangeEvent } from '../../../model/advisory.ts';
import { asList, asObject, asText, type JsonObject } from '../json.ts';
import { readSeverities, type Scorer } from './severity.ts';

/** Longest version, name or id that is believed. Real ones end below 200 characters. */
const longestWord = 1000;
const mostVersions = 200_000;
const mostEvents = 20_000;

/** A non-empty text of sane length, or null. */
export function asWord(value: unknown): string | null {
  return typeof value === 'string' && value !== '' && value.length <= longestWord ? value : null;
}

function readEvents(list: readonly unknown[]): RangeEvent[] | null {
  const events: RangeEvent[] = [];
  for (const item of list) {
    const entry = asObject(item);
    if (entry === null) return null;
    const before = events.length;
    // Records made before the schema asked for one key per event carry `introduced` and `fixed` in one object.
    const introduced = asWord(entry['introduced']);
    if (introduced !== null) events.push({ introduced });
    const fixed = asWord(entry['fixed']);
    if (fixed !== null) events.push({ fixed });
    const lastAffected = asWord(entry['last_affected']);
    if (lastAffected !== null) events.push({ last_affected: lastAffected });
    const limit = asWord(entry['limit']);
    if (limit !== null) events.push({ limit });
    if (events.length === before) return null;
  }
  return events;
}

function readRange(value: unknown): Range | null {
  const entry = asObject(value);
  const type = asText(entry?.['type']);
  // Commits are not compared, so their list is not kept; that there is such a range is.
  if (type === 'GIT') return { type, events: [] };
  if (type !== 'SEMVER' && type !== 'ECOSYSTEM') return null;
  const list = asList(entry?.['events']);
  if (list === null || list.length > mostEvents) return null;
  const events = readEvents(list);
  return events === null ? null : { type, events };
}

function readRanges(value: unknown): Range[] | null {
  const list = asList(value);
  if (list === null || list.length > mostEvents) return null;
  const ranges: Range[] = [];
  for (const item of list) {
    const range = readRange(item);
    if (range === null) return null;
    if (range.type === 'GIT' && ranges.some((r) => r.type === 'GIT')) continue;
    ranges.push(range);
  }
  return ranges;
}

/** Reads one entry of OSV `affected[]`, or says null where it does not follow the schema. */
export function readAffected(entry: JsonObject, source: string, score: Scorer): Affected | null {
  const ranges = readRanges(entry['ranges']);
  const versions = asList(entry['versions']);
  if (ranges === null || versions === null || versions.length > mostVersions) return null;
  if (!versions.every((v) => asWord(v) !== null)) return null;
  const own = asObject(entry['ecosystem_specific']);
  const database = asObject(entry['database_specific']);
  const words = [own?.['severity'], own?.['urgency'], own?.['ubuntu_priority'], database?.['severity']];
  return {
    ranges,
    versions: versions as string[],
    severity: readSeverities(entry['severity'], words, source, score),
  };
}
