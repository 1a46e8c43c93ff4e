import { sql } from 'kysely';
import { among } from '../apply/interned.ts';
import type { Instant } from '../instant.ts';
import type { Ledger } from '../ledger.ts';
import type { DriftRef, Gap } from './answers.ts';

/** An environment, and the period that is asked about. */
export interface Looked {
  readonly id: number;
  readonly name: string;
  readonly from: Instant;
  readonly to: Instant;
}

/** The times in a period in which nobody looked at an environment, as known at a moment. Observations may overlap. */
export async function gapsOf(ledger: Ledger, { id, name, from, to }: Looked, asOf: Instant): Promise<Gap[]> {
  if (from >= to) return [];
  // Between observations: where the latest end so far lies before the next beginning.
  const { rows } = await sql<{ since: number; at: number }>`SELECT since, at FROM (
      SELECT at, max(covers_to) OVER (ORDER BY at, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS since
      FROM observation WHERE environment = ${id} AND at < ${to} AND covers_to >= ${from} AND known_from <= ${asOf}
    ) looked WHERE since IS NULL OR since < at ORDER BY at`.execute(ledger.reader);
  const last = await sql<{ last: number | null }>`SELECT max(covers_to) AS last FROM observation
    WHERE environment = ${id} AND at < ${to} AND covers_to >= ${from} AND known_from <= ${asOf}`.execute(ledger.reader);
  const gaps = rows.map(({ since, at }) => ({ environment: name, from: Math.max(since ?? from, from), to: at }));
  gaps.push({ environment: name, from: Math.max(last.rows[0]?.last ?? from, from), to });
  return gaps.filter((gap) => gap.from < gap.to);
}

/** Names of those environments in which no observation covers a moment, sorted. */
export async function blindAt(
  ledger: Ledger,
  environments: readonly { readonly id: number; readonly name: string }[],
  at: Instant,
  asOf: Instant,
): Promise<string[]> {
  if (environments.length === 0) return [];
  const ids = environments.map((e) => e.id);
  const { rows } = await sql<{ environment: number }>`SELECT DISTINCT environment FROM observation
    WHERE ${among(ledger.database, 'environment', ids)} AND at <= ${at} AND covers_to >= ${at} AND known_from <= ${asOf}`.execute(
    ledger.reader,
  );
  const seen = new Set(rows.map((r) => r.environment));
  return environments
    .filter((e) => !seen.has(e.id))
    .map((e) => e.name)
    .sort();
}

interface DriftOf {
  readonly environments: readonly number[];
  /** Null: of all services. */
  readonly service: string | null;
  readonly asOf: Instant;
}

const driftColumns = sql`d.observation, o.at, e.name AS environment, d.service, d.what, d.digest, d.containers`;

/** Drift of the last observation of each environment at or before a moment. */
export async function lastDrift(ledger: Ledger, at: Instant, { environments, asOf }: DriftOf): Promise<DriftRef[]> {
  const found: DriftRef[] = [];
  for (const environment of environments) {
    const { rows } = await sql<DriftRef>`SELECT ${driftColumns} FROM drift d JOIN observation o ON o.id = d.observation
      JOIN environment e ON e.id = o.environment WHERE d.observation = (SELECT id FROM observation
        WHERE environment = ${environment} AND at <= ${at} AND known_from <= ${asOf} ORDER BY at DESC, id DESC LIMIT 1)`.execute(
      ledger.reader,
    );
    found.push(...rows);
  }
  return sortDrift(found);
}

/** All drift of a service in a period. */
export async function driftIn(
  ledger: Ledger,
  { environments, service, asOf }: DriftOf,
  from: Instant,
  to: Instant,
): Promise<DriftRef[]> {
  if (environments.length === 0) return [];
  const { rows } = await sql<DriftRef>`SELECT ${driftColumns} FROM observation o JOIN drift d ON d.observation = o.id
    JOIN environment e ON e.id = o.environment WHERE ${among(ledger.database, 'o.environment', environments)}
    AND o.drift > 0 AND o.at >= ${from} AND o.at <= ${to} AND o.known_from <= ${asOf} AND d.service = ${service}`.execute(
    ledger.reader,
  );
  return sortDrift(rows);
}

function sortDrift(rows: readonly DriftRef[]): DriftRef[] {
  const key = (d: DriftRef) => [d.environment, d.service, d.what, d.digest ?? ''].join('\0');
  return rows.toSorted((a, b) => a.at - b.at || a.observation - b.observation || (key(a) < key(b) ? -1 : 1));
}
