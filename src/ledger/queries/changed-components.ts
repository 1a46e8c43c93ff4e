import { sql } from 'kysely';
import { among, parts } from '../apply/interned.ts';
import type { Database, Reader } from '../database/database.ts';
import { forever } from '../instant.ts';

/** Where queries read: an open ledger, or a transaction of its database. */
export interface Source {
  readonly reader: Reader;
  readonly database: Database;
}

/** A name under which advisories are looked up; several ecosystems are joined by `|`. */
export interface NameKey {
  readonly ecosystem: string;
  readonly name: string;
}

/** A name with the fingerprint of what a store last said of it. */
export interface NameState extends NameKey {
  readonly id: number;
  readonly fingerprint: string | null;
}

/** A vulnerability with all its names, and the fingerprint of what the fact feeds last said of them. */
export interface VulnerabilityState {
  readonly id: number;
  readonly name: string;
  readonly fingerprint: string | null;
  /** All of them, `name` too. */
  readonly names: Set<string>;
}

/** Order of code units, whatever the database sorts by: in this order a store reads each of its blocks once. */
function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The names that the ledger knows, or those of a list (keys, or numbers) that it knows; sorted by ecosystem, then name. */
export async function nameStates(
  { reader, database }: Source,
  names: 'all' | readonly NameKey[] | { readonly ids: readonly number[] },
): Promise<NameState[]> {
  const found: NameState[] = [];
  if (names !== 'all' && 'ids' in names) {
    for (const part of parts(names.ids)) {
      const { rows } = await sql<NameState>`SELECT id, ecosystem, name, fingerprint FROM advisory_name
        WHERE ${among(database, 'id', part)}`.execute(reader);
      for (const row of rows) found.push(row);
    }
  } else if (names === 'all') {
    const { rows } = await sql<NameState>`SELECT id, ecosystem, name, fingerprint FROM advisory_name`.execute(reader);
    found.push(...rows);
  } else {
    for (const [ecosystem, keys] of Map.groupBy(names, (n) => n.ecosystem)) {
      for (const part of parts([...new Set(keys.map((k) => k.name))])) {
        const { rows } = await sql<NameState>`SELECT id, ecosystem, name, fingerprint FROM advisory_name
          WHERE ecosystem = ${ecosystem} AND ${among(database, 'name', part)}`.execute(reader);
        for (const row of rows) found.push(row);
      }
    }
  }
  return found.sort((a, b) => compareTexts(a.ecosystem, b.ecosystem) || compareTexts(a.name, b.name));
}

/** The vulnerabilities that the ledger knows, or those of a list of main names that it knows; sorted by main name. */
export async function vulnerabilityStates(
  { reader, database }: Source,
  names: 'all' | readonly string[],
): Promise<VulnerabilityState[]> {
  interface Row {
    readonly id: number;
    readonly name: string;
    readonly fingerprint: string | null;
    readonly other: string | null;
  }
  const select = sql`SELECT v.id, v.name, v.fingerprint, n.name AS other
    FROM vulnerability v LEFT JOIN vulnerability_name n ON n.vulnerability = v.id`;
  const byId = new Map<number, VulnerabilityState>();
  const take = (rows: readonly Row[]) => {
    for (const { id, name, fingerprint, other } of rows) {
      let state = byId.get(id);
      if (state === undefined) {
        state = { id, name, fingerprint, names: new Set([name]) };
        byId.set(id, state);
      }
      if (other !== null) state.names.add(other);
    }
  };
  if (names === 'all') take((await sql<Row>`${select}`.execute(reader)).rows);
  else {
    for (const part of parts(names)) {
      take((await sql<Row>`${select} WHERE ${among(database, 'v.name', part)}`.execute(reader)).rows);
    }
  }
  return [...byId.values()].sort((a, b) => compareTexts(a.name, b.name));
}

async function purls(reader: Reader, into: Set<string>, query: ReturnType<typeof sql<{ purl: string }>>) {
  for (const { purl } of (await query.execute(reader)).rows) into.add(purl);
}

/** purls of all components that are looked up under one of these names (`NameState.id`). */
export async function componentsNamed({ reader, database }: Source, names: readonly number[]): Promise<Set<string>> {
  const found = new Set<string>();
  for (const part of parts(names)) {
    const ofThese = among(database, 'advisory_name', part);
    await purls(reader, found, sql<{ purl: string }>`SELECT purl FROM component WHERE ${ofThese}`);
  }
  return found;
}

/** purls of all components that now have one of these vulnerabilities (`VulnerabilityState.id`). */
export async function componentsWith(
  { reader, database }: Source,
  vulnerabilities: readonly number[],
): Promise<Set<string>> {
  const found = new Set<string>();
  for (const part of parts(vulnerabilities, 1_000)) {
    const query = sql<{ purl: string }>`SELECT purl FROM component WHERE id IN (SELECT component FROM component_match
      WHERE known_to = ${forever} AND ${among(database, 'vulnerability', part)})`;
    await purls(reader, found, query);
  }
  return found;
}

/** Those of a list of purls that the ledger knows as components; all that it knows. */
export async function knownComponents(
  { reader, database }: Source,
  wanted: 'all' | readonly string[],
): Promise<Set<string>> {
  const found = new Set<string>();
  if (wanted === 'all') {
    await purls(reader, found, sql<{ purl: string }>`SELECT purl FROM component`);
    return found;
  }
  for (const part of parts(wanted)) {
    await purls(
      reader,
      found,
      sql<{ purl: string }>`SELECT purl FROM component WHERE ${among(database, 'purl', part)}`,
    );
  }
  return found;
}

/** How many components the ledger knows, and the purls of those that have no name to be looked up under. */
export async function componentCounts({ reader }: Source): Promise<{ total: number; nameless: Set<string> }> {
  const { rows } = await sql<{ total: number }>`SELECT count(*) AS total FROM component`.execute(reader);
  const nameless = new Set<string>();
  await purls(reader, nameless, sql<{ purl: string }>`SELECT purl FROM component WHERE advisory_name IS NULL`);
  return { total: Number(rows[0]?.total ?? 0), nameless };
}

/** How many components are looked up under each of these names (`NameState.id`). */
export async function componentsPerName(
  { reader, database }: Source,
  names: readonly number[],
): Promise<Map<number, number>> {
  const found = new Map<number, number>();
  for (const part of parts(names)) {
    const { rows } = await sql<{ id: number; count: number }>`SELECT advisory_name AS id, count(*) AS count
      FROM component WHERE ${among(database, 'advisory_name', part)} GROUP BY advisory_name`.execute(reader);
    for (const { id, count } of rows) found.set(id, Number(count));
  }
  return found;
}
