import { type RawBuilder, sql } from 'kysely';
import { type SeverityLevel, severityLevels } from '../../model/advisory.ts';
import type { Digest } from '../../model/inventory.ts';
import { among, parts } from '../apply/interned.ts';
import type { Database } from '../database/database.ts';
import type { Instant } from '../instant.ts';
import type { Ledger } from '../ledger.ts';

/**
 * What was known of components and vulnerabilities, form by form: a list for each field, all of one length. As rows they would
 * take twice the time, and somebody waits for tens of thousands of them.
 */
export interface KnownMatches {
  readonly component: readonly number[];
  readonly vulnerability: readonly number[];
  /** Main name of the vulnerability. */
  readonly name: readonly string[];
  readonly knownFrom: readonly Instant[];
  /** When it was known no more; null where it still was at `asOf`. */
  readonly closed: readonly (Instant | null)[];
  /** Null where it is `knownFrom`. */
  readonly firstKnown: readonly (Instant | null)[];
  readonly opened: readonly number[];
  /** Document × 2³² + place. */
  readonly source: readonly number[];
  /** Snapshot × 2¹¹ + grade: of `gradeOf`. */
  readonly grade: readonly number[];
  readonly fixedIn: readonly (string | null)[];
  readonly advisories: readonly string[];
}

const fields: Readonly<Record<keyof KnownMatches, (asOf: Instant) => RawBuilder<unknown>>> = {
  component: () => sql`m.component`,
  vulnerability: () => sql`m.vulnerability`,
  name: () => sql`v.name`,
  knownFrom: () => sql`m.known_from`,
  closed: (asOf) => sql`CASE WHEN m.known_to <= ${asOf} THEN m.known_to END`,
  firstKnown: () => sql`NULLIF(m.first_known, m.known_from)`,
  opened: () => sql`m.opened`,
  source: () => sql`m.document * 4294967296 + m.place`,
  grade: () => sql`m.snapshot * 2048 + m.severity * 256 + m.exploited * 128 + coalesce(m.score + 1, 0)`,
  fixedIn: () => sql`m.fixed_in`,
  advisories: () => sql`m.advisories`,
};
const texts: ReadonlySet<string> = new Set<keyof KnownMatches>(['name', 'fixedIn', 'advisories']);

/** SQL: all values of a field as one text, JSON: read several times as fast as a value for each. */
function listOf({ kind }: Database, field: keyof KnownMatches, asOf: Instant): RawBuilder<string | null> {
  const value = fields[field](asOf);
  if (kind === 'sqlite') return sql`json_group_array(${value})`;
  // Numbers need no escapes, and so not the slower function.
  if (texts.has(field)) return sql`json_agg(${value})::text`;
  return sql`'[' || string_agg(coalesce((${value})::text, 'null'), ',') || ']'`;
}

/** Of one statement: a text of a database must not become longer than some hundred megabytes. */
const mostComponents = 5_000;

const names = Object.keys(fields) as (keyof KnownMatches)[];

/** What was known of components at `asOf`, and what was closed after `since`; in no order. */
export async function matchesOf(
  ledger: Ledger,
  components: readonly number[],
  since: Instant,
  asOf: Instant,
): Promise<KnownMatches[]> {
  const { database } = ledger;
  const lists = sql.join(names.map((field) => sql`${listOf(database, field, asOf)} AS ${sql.ref(field)}`));
  const read = async (part: readonly number[]): Promise<KnownMatches> => {
    const { rows } = await sql<Record<keyof KnownMatches, string | null>>`SELECT ${lists}
      FROM component_match m JOIN vulnerability v ON v.id = m.vulnerability
      WHERE ${among(database, 'm.component', part)} AND m.known_from <= ${asOf} AND m.known_to > ${since}
      AND m.known_to > m.known_from`.execute(ledger.reader);
    const entries = names.map((field) => [field, JSON.parse(rows[0]?.[field] ?? '[]')]);
    return Object.fromEntries(entries) as KnownMatches;
  };
  // Two processes of a server do it in little more than half the time.
  const half =
    database.kind === 'postgres' && components.length > 100 ? Math.ceil(components.length / 2) : mostComponents;
  const all = [...parts(components, Math.min(half, mostComponents))];
  const found: KnownMatches[] = [];
  for (let at = 0; at < all.length; at += 2) found.push(...(await Promise.all(all.slice(at, at + 2).map(read))));
  return found;
}

/** purls of components, by number. */
export async function purlsOf(ledger: Ledger, components: readonly number[]): Promise<Map<number, string>> {
  const purls = new Map<number, string>();
  for (const part of parts(components)) {
    const { rows } = await sql<{ id: number; purl: string }>`SELECT id, purl FROM component
      WHERE ${among(ledger.database, 'id', part)}`.execute(ledger.reader);
    for (const { id, purl } of rows) purls.set(id, purl);
  }
  return purls;
}

/** Digests of snapshots, by number. */
export async function snapshotsOf(ledger: Ledger, snapshots: Iterable<number>): Promise<Map<number, Digest>> {
  const ids = [...new Set(snapshots)];
  if (ids.length === 0) return new Map();
  const { rows } = await sql<{ id: number; digest: Digest }>`SELECT id, digest FROM snapshot
    WHERE ${among(ledger.database, 'id', ids)}`.execute(ledger.reader);
  return new Map(rows.map((r) => [r.id, r.digest]));
}

/** What is kept of a match in the lower eleven bits of `grade`. */
export interface Grade {
  readonly severity: SeverityLevel;
  readonly score: number | null;
  readonly exploited: boolean;
  /** Where it stands among others, the worst first: exploited first, then by severity and score. */
  readonly urgency: number;
}

const grades = 2048;

/** Snapshot and grade of a match. */
export function snapshotOf(grade: number): number {
  return Math.floor(grade / grades);
}

/** What the grades of matches mean: a few hundred, each worked out once. */
export class Grades {
  readonly #known = new Map<number, Grade>();

  of(grade: number): Grade {
    const code = grade % grades;
    let known = this.#known.get(code);
    if (known === undefined) {
      const severity = code >> 8;
      const exploited = (code & 128) !== 0;
      const score = (code & 127) === 0 ? null : (code & 127) - 1;
      const urgency = (exploited ? 0 : 100_000) + severity * 1_000 - (score ?? -1);
      known = {
        severity: severityLevels[severity] ?? 'unknown',
        score: score === null ? null : score / 10,
        exploited,
        urgency,
      };
      this.#known.set(code, known);
    }
    return known;
  }
}
