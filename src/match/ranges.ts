import type { Advisory, Affected, Range, RangeEvent } from '../model/advisory.ts';
import type { VersionScheme } from '../model/version/scheme.ts';

/** A stretch of affected versions. `from` null: from the very first version on. */
interface Interval {
  readonly from: string | null;
  readonly to: string | null;
  /** Whether `to` itself is affected (`last_affected`) or is the version that fixes it (`fixed`). */
  readonly toIsAffected: boolean;
}

interface PreparedRange {
  readonly intervals: readonly Interval[];
  /** Only versions before one of these are considered; null where the range has no limit. */
  readonly limits: readonly string[] | null;
  /** An event whose version does not follow the order of the ecosystem: the range decides nothing. */
  readonly unordered: string | null;
}

interface PreparedEntry {
  readonly affected: Affected;
  readonly versions: ReadonlySet<string>;
  readonly ranges: readonly PreparedRange[];
  /** Nothing but commit ranges: no version can be held against it. */
  readonly gitOnly: boolean;
}

/** An advisory whose ranges are sorted and checked once, to be held against many versions. */
export interface PreparedAdvisory {
  readonly advisory: Advisory;
  readonly entries: readonly PreparedEntry[];
}

/** The range that holds a version. */
export interface Hit {
  readonly range: string;
  readonly fixed: string | null;
  readonly affected: Affected;
}

/** What an advisory says about one version. */
export type Outcome =
  | { readonly kind: 'affected'; readonly hits: readonly Hit[] }
  | { readonly kind: 'unaffected' }
  | { readonly kind: 'git-only' }
  | { readonly kind: 'undecidable'; readonly why: string };

function versionOf(event: RangeEvent): string {
  if ('introduced' in event) return event.introduced;
  if ('fixed' in event) return event.fixed;
  return 'last_affected' in event ? event.last_affected : event.limit;
}

/** OSV: `introduced: "0"` stands before every version of any order. */
function isFirst(event: RangeEvent): boolean {
  return 'introduced' in event && event.introduced === '0';
}

function closesWhatOpens(event: RangeEvent, next: RangeEvent, scheme: VersionScheme): boolean {
  if (!('last_affected' in event) || !('introduced' in next) || isFirst(next)) return false;
  return scheme.compare(event.last_affected, next.introduced) === 0;
}

/**
 * The events in the order of their versions; events of one version stay as the record has them, except that a version which is
 * introduced and last affected at once is opened before it is closed.
 */
function sorted(events: readonly RangeEvent[], scheme: VersionScheme): RangeEvent[] {
  const inOrder = [...events].sort((a, b) =>
    isFirst(a) || isFirst(b) ? Number(isFirst(b)) - Number(isFirst(a)) : scheme.compare(versionOf(a), versionOf(b)),
  );
  let open = false;
  for (const [i, event] of inOrder.entries()) {
    const next = inOrder[i + 1];
    if (!open && next !== undefined && closesWhatOpens(event, next, scheme)) {
      inOrder.splice(i, 2, next, event);
      open = true;
    } else open = 'introduced' in event;
  }
  return inOrder;
}

function intervalsOf(events: readonly RangeEvent[]): Interval[] {
  const intervals: Interval[] = [];
  let from: string | null | undefined;
  for (const event of events) {
    if ('introduced' in event) {
      if (from === undefined) from = isFirst(event) ? null : event.introduced;
    } else if (from !== undefined) {
      intervals.push({ from, to: versionOf(event), toIsAffected: 'last_affected' in event });
      from = undefined;
    }
  }
  if (from !== undefined) intervals.push({ from, to: null, toIsAffected: false });
  return intervals;
}

const everything: readonly Interval[] = [{ from: null, to: null, toIsAffected: false }];

function prepareRange(range: Range, scheme: VersionScheme | null): PreparedRange {
  const ordering = range.events.filter((e) => !('limit' in e) && !isFirst(e));
  const limits = range.events.flatMap((e) => ('limit' in e ? [e.limit] : []));
  // Every version is affected: that needs no order.
  if (ordering.length === 0 && limits.length === 0)
    return { intervals: range.events.length > 0 ? everything : [], limits: null, unordered: null };
  const bad = [...ordering.map(versionOf), ...limits.filter((l) => l !== '*')].find((v) => !scheme?.valid(v));
  if (scheme === null || bad !== undefined) return { intervals: [], limits: null, unordered: bad ?? '' };
  const events = range.events.filter((e) => !('limit' in e));
  const unlimited = limits.length === 0 || limits.includes('*');
  return { intervals: intervalsOf(sorted(events, scheme)), limits: unlimited ? null : limits, unordered: null };
}

/** Sorts and checks the ranges of an advisory. `scheme` null: no order is known, only lists of versions decide. */
export function prepare(advisory: Advisory, scheme: VersionScheme | null): PreparedAdvisory {
  const entries = advisory.affected.map((affected) => {
    const ranges = affected.ranges.filter((r) => r.type !== 'GIT').map((r) => prepareRange(r, scheme));
    return {
      affected,
      versions: new Set(affected.versions),
      ranges,
      gitOnly: ranges.length === 0 && affected.versions.length === 0 && affected.ranges.length > 0,
    };
  });
  return { advisory, entries };
}

function holds(interval: Interval, version: string, scheme: VersionScheme): boolean {
  if (interval.from !== null && scheme.compare(version, interval.from) < 0) return false;
  if (interval.to === null) return true;
  const order = scheme.compare(version, interval.to);
  return interval.toIsAffected ? order <= 0 : order < 0;
}

function textOf({ from, to, toIsAffected }: Interval, limits: readonly string[] | null): string {
  if (from !== null && from === to && toIsAffected) return `=${from}`;
  const parts = from === null ? [] : [`>=${from}`];
  if (to !== null) parts.push(`${toIsAffected ? '<=' : '<'}${to}`);
  const text = parts.length === 0 ? '>=0' : parts.join(' ');
  return limits === null ? text : `${text} (only before ${limits.join(' or ')})`;
}

/** Where a list alone decides, `1.0` of the list is `1.0.0` of the component, and `1.0` the `v1.0` of Go. */
function isListed({ versions, ranges }: PreparedEntry, version: string, scheme: VersionScheme | null): boolean {
  if (versions.has(version)) return true;
  if (scheme === null || ranges.length > 0) return false;
  for (const listed of versions) if (scheme.valid(listed) && scheme.compare(listed, version) === 0) return true;
  return false;
}

function evaluateEntry(entry: PreparedEntry, version: string, scheme: VersionScheme | null): Outcome {
  if (entry.gitOnly) return { kind: 'git-only' };
  const { affected } = entry;
  const hits: Hit[] = [];
  let undecided: string | null = null;
  const comparable = scheme?.valid(version) === true;
  for (const { intervals, limits, unordered } of entry.ranges) {
    if (intervals === everything) {
      hits.push({ range: '>=0', fixed: null, affected });
    } else if (unordered !== null) {
      undecided ??=
        scheme === null
          ? 'the order of its versions is not known'
          : `its range ends at "${unordered}", which is no version`;
    } else if (!comparable) {
      undecided ??=
        version === '' ? 'the component has no version' : `"${version}" is no version of the order that its range uses`;
    } else if (limits === null || limits.some((limit) => scheme.compare(version, limit) < 0)) {
      const interval = intervals.find((i) => holds(i, version, scheme));
      if (interval !== undefined)
        hits.push({ range: textOf(interval, limits), fixed: interval.toIsAffected ? null : interval.to, affected });
    }
  }
  if (hits.length === 0 && isListed(entry, version, comparable ? scheme : null))
    hits.push({ range: `=${version}`, fixed: null, affected });
  if (hits.length > 0) return { kind: 'affected', hits };
  // A list of all affected versions is there so that nobody has to know the order: it decides.
  if (undecided !== null && entry.versions.size === 0) return { kind: 'undecidable', why: undecided };
  return { kind: 'unaffected' };
}

/**
 * Whether a version is affected, as https://ossf.github.io/osv-schema/#evaluation says: it is listed in `versions`, or one of the
 * ranges holds it. Commit ranges are not looked at. A text that the scheme does not know is affected where every version is or
 * where it is listed, not affected where a list does not hold it, and else undecidable.
 */
export function evaluate(prepared: PreparedAdvisory, version: string, scheme: VersionScheme | null): Outcome {
  const [only] = prepared.entries;
  // Nearly all records have one entry for a name.
  if (only !== undefined && prepared.entries.length === 1) return evaluateEntry(only, version, scheme);
  const hits: Hit[] = [];
  let undecidable: Outcome | null = null;
  let gitOnly = prepared.entries.length > 0;
  for (const entry of prepared.entries) {
    const outcome = evaluateEntry(entry, version, scheme);
    if (outcome.kind === 'affected') hits.push(...outcome.hits.filter((h) => !hits.some((k) => k.range === h.range)));
    if (outcome.kind === 'undecidable') undecidable ??= outcome;
    if (outcome.kind !== 'git-only') gitOnly = false;
  }
  if (hits.length > 0) return { kind: 'affected', hits };
  return undecidable ?? { kind: gitOnly ? 'git-only' : 'unaffected' };
}

/** Every version that one of the ranges names as the one that fixes it. */
export function fixesOf(prepared: PreparedAdvisory): string[] {
  return prepared.entries.flatMap((entry) =>
    entry.ranges.flatMap((r) => r.intervals.flatMap((i) => (i.to !== null && !i.toIsAffected ? [i.to] : []))),
  );
}

/** Why a version that was looked up is not affected, in one sentence. */
export function explainUnaffected(prepared: PreparedAdvisory, version: string, scheme: VersionScheme | null): string {
  const intervals = prepared.entries.flatMap((entry) => entry.ranges.flatMap((r) => r.intervals));
  if (scheme === null || intervals.length === 0 || !scheme.valid(version)) {
    const listed = prepared.entries.reduce((sum, entry) => sum + entry.versions.size, 0);
    return listed === 0
      ? 'the record names no affected version'
      : `${version} is not one of the ${listed} versions listed`;
  }
  let passed: Interval | null = null;
  let ahead: Interval | null = null;
  for (const interval of intervals) {
    if (interval.from !== null && scheme.compare(version, interval.from) < 0) {
      if (ahead?.from == null || scheme.compare(interval.from, ahead.from) < 0) ahead = interval;
    } else if (interval.to !== null) {
      if (passed?.to == null || scheme.compare(interval.to, passed.to) > 0) passed = interval;
    }
  }
  const behind = passed === null ? [] : [`not ${passed.toIsAffected ? 'up to' : 'below'} ${passed.to}`];
  const before = ahead === null ? [] : [`before ${ahead.from}`];
  const where = [...behind, ...before];
  return where.length === 0 ? `${version} is beyond the limit of the range` : `${version} is ${where.join(' and ')}`;
}
