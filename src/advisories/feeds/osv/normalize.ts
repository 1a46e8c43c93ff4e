import type { Advisory, Affected, Severity } from '../../../model/advisory.ts';
import { clip } from '../../../model/problem.ts';
import { baseEcosystem, lookupName } from '../../names.ts';
import { asInstant, asList, asObject, asText, type JsonObject } from '../json.ts';
import { firstLine, longestSummary } from '../text.ts';
import { asWord, readAffected } from './affected.ts';
import { readSeverities, type Scorer } from './severity.ts';
import { publisherOf } from './sources.ts';

/** What one OSV record says about one name of the feed's ecosystem, in all its releases. */
export interface NamedAdvisory {
  /** As it is looked up: see `lookupName`. */
  readonly name: string;
  /** What holds for the record as a whole. */
  readonly record: Omit<Advisory, 'affected'>;
  readonly affected: readonly ReleaseAffected[];
}

/** One `affected` entry with its full ecosystem string: `Debian:12`. */
export interface ReleaseAffected {
  readonly ecosystem: string;
  readonly affected: Affected;
}

/** One record, read. `fault` is set where it, or a part of it, could not be read; what could be read is still there. */
export interface NormalizedRecord {
  readonly id: string | null;
  readonly modified: string | null;
  readonly named: readonly NamedAdvisory[];
  /** Whether it was taken back; such a record may well name nothing. */
  readonly withdrawn: boolean;
  readonly fault: string | null;
}

const mostIds = 20_000;
const mostReferences = 4;
const longestUrl = 500;
const idShape = /^[A-Za-z0-9][\w.:+~@/-]{0,199}$/;

function readIds(value: unknown): string[] {
  const ids = (asList(value) ?? []).slice(0, mostIds).filter((id) => typeof id === 'string' && idShape.test(id));
  return [...new Set(ids as string[])];
}

function readReferences(value: unknown): string[] {
  const ranked: { readonly rank: number; readonly url: string }[] = [];
  for (const item of (asList(value) ?? []).slice(0, 1000)) {
    const entry = asObject(item);
    const url = asText(entry?.['url']);
    if (url === null || url.length > longestUrl || !/^https?:\/\/[^\s\p{Cc}]+$/u.test(url)) continue;
    if (ranked.some((r) => r.url === url)) continue;
    ranked.push({ rank: entry?.['type'] === 'ADVISORY' ? 0 : 1, url });
  }
  return ranked
    .sort((a, b) => a.rank - b.rank)
    .slice(0, mostReferences)
    .map((r) => r.url);
}

function informationalOf(affected: readonly unknown[]): string | null {
  for (const item of affected) {
    const word = asWord(asObject(asObject(item)?.['database_specific'])?.['informational']);
    if (word !== null) return clip(word, 40);
  }
  return null;
}

/** The word before the title of a Red Hat style erratum: `Important: curl security update`. */
function titleWord(summary: string): string | null {
  const colon = summary.indexOf(': ');
  return colon > 0 && colon < 12 ? summary.slice(0, colon) : null;
}

function recordSeverity(record: JsonObject, id: string, summary: string, score: Scorer): readonly Severity[] {
  const publisher = publisherOf(id);
  const words: unknown[] = [asObject(record['database_specific'])?.['severity']];
  if (publisher.errata) words.push(titleWord(summary));
  const stated = readSeverities(record['severity'], words, publisher.name, score);
  if (stated.length > 0 || !id.startsWith('MAL-')) return stated;
  // The malicious-packages records state no severity; code made to do harm is not of unknown severity.
  return [{ source: publisher.name, level: 'critical', score: null, vector: null }];
}

type Entries = Map<string, ReleaseAffected[]>;

function readEntries(list: readonly unknown[], id: string, feed: string, score: Scorer): [Entries, string | null] {
  const entries: Entries = new Map();
  let fault: string | null = null;
  const source = publisherOf(id).name;
  for (const [index, item] of list.entries()) {
    const entry = asObject(item);
    const named = asObject(entry?.['package']);
    // Without a package it speaks of commits alone, and nothing in an inventory is looked up by commit.
    if (entry !== null && named === null && (entry['package'] ?? null) === null) continue;
    const ecosystem = asWord(named?.['ecosystem']);
    const name = asWord(named?.['name']);
    if (entry === null || ecosystem === null || name === null) {
      fault ??= `affected[${index}] names no ecosystem and package`;
      continue;
    }
    if (baseEcosystem(ecosystem) !== feed) continue;
    const affected = readAffected(entry, source, score);
    if (affected === null) {
      fault ??= `affected[${index}] has ranges or versions that do not follow the OSV schema`;
      continue;
    }
    const key = lookupName(feed, name);
    const known = entries.get(key);
    if (known === undefined) entries.set(key, [{ ecosystem, affected }]);
    else known.push({ ecosystem, affected });
  }
  return [entries, fault];
}

/**
 * Reads one OSV record (schema 1.x, https://ossf.github.io/osv-schema/) as far as the names of one feed's ecosystem go:
 * `all.zip` of an ecosystem carries whole records, which may speak of others too. Pure; never throws.
 */
export function normalizeRecord(value: unknown, feedEcosystem: string, score: Scorer): NormalizedRecord {
  const record = asObject(value);
  if (record === null) return { id: null, modified: null, named: [], withdrawn: false, fault: 'not a JSON object' };
  const id = asText(record['id']);
  if (id === null || !idShape.test(id))
    return { id: null, modified: null, named: [], withdrawn: false, fault: 'no id, or a strange one' };
  const modified = asInstant(record['modified']);
  if (modified === null) return { id, modified, named: [], withdrawn: false, fault: 'no `modified` time' };
  const list = asList(record['affected']);
  if (list === null) return { id, modified, named: [], withdrawn: false, fault: '`affected` is not a list' };
  if (record['withdrawn'] != null && asInstant(record['withdrawn']) === null) {
    return { id, modified, named: [], withdrawn: false, fault: '`withdrawn` is not a time' };
  }

  const withdrawn = asInstant(record['withdrawn']) !== null;
  const [entries, fault] = readEntries(list, id, feedEcosystem, score);
  if (entries.size === 0) return { id, modified, named: [], withdrawn, fault };
  const publisher = publisherOf(id);
  const aliases = readIds(record['aliases']);
  let upstream = readIds(record['upstream']);
  if (publisher.errata && upstream.length === 0 && !aliases.some((a) => a.startsWith('CVE-'))) {
    upstream = readIds(record['related']).filter((r) => r.startsWith('CVE-'));
  }
  const nothingToFix = upstream.length === 0 && aliases.length === 0 ? (publisher.withoutCve ?? null) : null;
  const title = asText(record['summary'])?.trim() ?? '';
  const whole: Omit<Advisory, 'affected'> = {
    id,
    aliases,
    upstream,
    modified,
    published: asInstant(record['published']),
    withdrawn: asInstant(record['withdrawn']),
    summary: title === '' ? firstLine(asText(record['details']) ?? '') : clip(firstLine(title), longestSummary),
    severity: recordSeverity(record, id, title, score),
    informational: informationalOf(list) ?? nothingToFix,
    references: readReferences(record['references']),
  };
  const named = [...entries].map(([name, affected]) => ({ name, record: whole, affected }));
  return { id, modified, named, withdrawn, fault };
}
