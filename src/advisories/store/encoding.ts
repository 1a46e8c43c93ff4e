import {
  type Advisory,
  type Affected,
  type Range,
  type RangeEvent,
  type Severity,
  type SeverityLevel,
  severityLevels,
} from '../../model/advisory.ts';

/*
 * An advisory as a JSON list without keys: a third of the size, and less to parse. Whoever changes the order of a list
 * or the meaning of a letter raises `formatRevision`.
 */

type Packed = readonly unknown[];

const rangeTypes = ['SEMVER', 'ECOSYSTEM', 'GIT'] as const;

export function packSeverity(severity: readonly Severity[]): Packed {
  return severity.map((s) => [s.source, severityLevels.indexOf(s.level), s.score, s.vector]);
}

function packEvent(event: RangeEvent): string {
  if ('introduced' in event) return `i${event.introduced}`;
  if ('fixed' in event) return `f${event.fixed}`;
  if ('last_affected' in event) return `l${event.last_affected}`;
  return `m${event.limit}`;
}

function packAffected(release: string, affected: Affected): Packed {
  const ranges = affected.ranges.map((r) => [rangeTypes.indexOf(r.type), ...r.events.map(packEvent)]);
  return [release, ranges, affected.versions, packSeverity(affected.severity)];
}

/**
 * One advisory for one name as it stands in a block, with the entries of all releases. `release`: what follows the base
 * ecosystem, `:12` of `Debian:12`.
 */
export function packAdvisory(
  a: Omit<Advisory, 'affected'>,
  entries: readonly { readonly release: string; readonly affected: Affected }[],
): string {
  return JSON.stringify([
    a.id,
    a.modified,
    a.published,
    a.withdrawn,
    a.aliases,
    a.upstream,
    a.summary,
    packSeverity(a.severity),
    entries.map((e) => packAffected(e.release, e.affected)),
    a.informational,
    a.references,
  ]);
}

type List = readonly unknown[];
const text = (value: unknown): string => value as string;
const textOrNull = (value: unknown): string | null => value as string | null;
const texts = (value: unknown): readonly string[] => value as readonly string[];
const lists = (value: unknown): readonly List[] => value as readonly List[];

/** The inverse of `packSeverity`. */
export function unpackSeverity(packed: unknown): readonly Severity[] {
  return lists(packed).map(([source, level, score, vector]) => ({
    source: text(source),
    level: (severityLevels[level as number] ?? 'unknown') satisfies SeverityLevel,
    score: score as number | null,
    vector: textOrNull(vector),
  }));
}

function unpackEvent(packed: string): RangeEvent {
  const version = packed.slice(1);
  if (packed.startsWith('i')) return { introduced: version };
  if (packed.startsWith('f')) return { fixed: version };
  if (packed.startsWith('l')) return { last_affected: version };
  return { limit: version };
}

function unpackRange([type, ...events]: List): Range {
  return { type: rangeTypes[type as number] ?? 'GIT', events: texts(events).map(unpackEvent) };
}

function unpackAffected([, ranges, versions, severity]: List): Affected {
  return { ranges: lists(ranges).map(unpackRange), versions: texts(versions), severity: unpackSeverity(severity) };
}

/**
 * Whether a line of packed advisories has an entry of this release, without parsing it. An unescaped quote before the
 * release opens a text, so this is a list that begins with that text and goes on with a list: in a line that starts with
 * its key, only entries do.
 */
export function holdsRelease(line: Buffer, release: string): boolean {
  return line.indexOf(`[${JSON.stringify(release)},[`, 1) > 0;
}

/**
 * The inverse of `packAdvisory` for one release, from the parsed list; null where no entry is of that release. The store's
 * digest vouches for the shape.
 */
export function unpackAdvisory(packed: List, release: string): Advisory | null {
  const [
    id,
    modified,
    published,
    withdrawn,
    aliases,
    upstream,
    summary,
    severity,
    affected,
    informational,
    references,
  ] = packed;
  const entries = lists(affected).filter((entry) => entry[0] === release);
  if (entries.length === 0) return null;
  return {
    id: text(id),
    aliases: texts(aliases),
    upstream: texts(upstream),
    modified: text(modified),
    published: textOrNull(published),
    withdrawn: textOrNull(withdrawn),
    summary: text(summary),
    severity: unpackSeverity(severity),
    affected: entries.map(unpackAffected),
    informational: textOrNull(informational),
    references: texts(references),
  };
}
