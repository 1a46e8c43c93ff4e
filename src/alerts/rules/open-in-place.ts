import { sql } from 'kysely';
import { among, parts } from '../../ledger/apply/interned.ts';
import type { Database, Reader } from '../../ledger/database/database.ts';
import { forever, type Instant } from '../../ledger/instant.ts';
import type { Handled } from './handled.ts';

interface Source {
  readonly reader: Reader;
  readonly database: Database;
}

interface Place {
  readonly service: string;
  readonly environment: string;
}

/** A vulnerability of a component that runs as a service in an environment, and that somebody has to do something about. */
export interface OpenMatch {
  readonly component: string;
  /** Every name of the vulnerability. */
  readonly names: ReadonlySet<string>;
  readonly firstKnown: Instant;
}

/** What is open in a place, after decisions. */
export async function openIn(
  { reader, database }: Source,
  handled: Handled,
  place: Place,
  now: Instant,
): Promise<OpenMatch[]> {
  const { rows } = await sql<{
    component: string;
    vulnerability: number;
    artifact: string;
    first_known: number;
  }>`SELECT DISTINCT c.purl AS component, m.vulnerability, a.digest AS artifact, m.first_known
    FROM period p JOIN service s ON s.id = p.service JOIN environment e ON e.id = p.environment
      JOIN artifact a ON a.id = p.artifact
      JOIN artifact_component ac ON ac.artifact = p.artifact AND ac.known_to = ${forever}
      JOIN component_match m ON m.component = ac.component AND m.known_to = ${forever}
      JOIN component c ON c.id = ac.component
    WHERE ${runningHere(place, now)}`.execute(reader);
  const names = await namesOf(
    { reader, database },
    rows.map((r) => r.vulnerability),
  );
  return rows.flatMap((row) => {
    const all = names.get(row.vulnerability) ?? new Set<string>();
    const { component, artifact, first_known: firstKnown } = row;
    const settled = handled.settles(all, { ...place, artifact, component }, now);
    return settled ? [] : [{ component, names: all, firstKnown }];
  });
}

async function namesOf({ reader, database }: Source, ids: readonly number[]): Promise<Map<number, Set<string>>> {
  const names = new Map<number, Set<string>>();
  for (const part of parts([...new Set(ids)])) {
    const { rows } = await sql<{ vulnerability: number; name: string }>`SELECT vulnerability, name
      FROM vulnerability_name WHERE ${among(database, 'vulnerability', part)}`.execute(reader);
    for (const { vulnerability, name } of rows) {
      const set = names.get(vulnerability);
      if (set === undefined) names.set(vulnerability, new Set([name]));
      else set.add(name);
    }
  }
  return names;
}

/** Whether a condition holds that began before a moment: of a kind, and of a subject unless that is null. */
export async function holds(
  { reader }: Pick<Source, 'reader'>,
  what: string,
  subject: string | null,
  before: Instant = forever,
): Promise<boolean> {
  const of = subject === null ? sql`` : sql`AND subject = ${subject}`;
  const { rows } = await sql`SELECT 1 FROM condition WHERE what = ${what} ${of}
    AND known_to = ${forever} AND known_from <= ${before} LIMIT 1`.execute(reader);
  return rows.length > 0;
}

/** SQL: `period p` of `service s` in `environment e` runs there. */
function runningHere({ service, environment }: Place, now: Instant) {
  return sql<boolean>`s.name = ${service} AND e.name = ${environment}
    AND p.known_to = ${forever} AND p.valid_from <= ${now} AND p.valid_to > ${now}`;
}

/** Whether something runs in a place that has components of an ecosystem (`Debian:10`). */
export async function runsOf(
  { reader }: Pick<Source, 'reader'>,
  place: Place,
  ecosystem: string,
  now: Instant,
): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM service s JOIN period p ON p.service = s.id
      JOIN environment e ON e.id = p.environment
      JOIN artifact_component ac ON ac.artifact = p.artifact AND ac.known_to = ${forever}
      JOIN component c ON c.id = ac.component JOIN advisory_name n ON n.id = c.advisory_name
    WHERE ${runningHere(place, now)} AND n.ecosystem = ${ecosystem} LIMIT 1`.execute(reader);
  return rows.length > 0;
}

/** Whether something runs in a place that bypassed the gate, or deserves a second look for another reason. */
export async function runsMarked({ reader }: Pick<Source, 'reader'>, place: Place, now: Instant): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM service s JOIN period p ON p.service = s.id
      JOIN environment e ON e.id = p.environment JOIN deployment d ON d.id = p.deployment
    WHERE ${runningHere(place, now)} AND d.marks <> '' LIMIT 1`.execute(reader);
  return rows.length > 0;
}

/** Whether a deployment runs. */
export async function runs({ reader }: Pick<Source, 'reader'>, deployment: number, now: Instant): Promise<boolean> {
  const { rows } = await sql`SELECT 1 FROM period WHERE deployment = ${deployment} AND known_to = ${forever}
    AND valid_from <= ${now} AND valid_to > ${now} LIMIT 1`.execute(reader);
  return rows.length > 0;
}

/** Whether the last look at an environment showed a difference: of a service, and of a kind and digest unless they are null. */
export async function differs(
  { reader }: Pick<Source, 'reader'>,
  place: Place,
  difference: { readonly what: string; readonly digest: string | null } | null,
): Promise<boolean> {
  const of =
    difference === null
      ? sql``
      : sql`AND d.what = ${difference.what} AND (d.digest = ${difference.digest} OR (d.digest IS NULL AND ${difference.digest === null ? 1 : 0} = 1))`;
  const { rows } = await sql`SELECT 1 FROM drift d
    WHERE d.observation = (SELECT max(o.id) FROM observation o JOIN environment e ON e.id = o.environment
        WHERE e.name = ${place.environment})
      AND d.service = ${place.service} ${of} LIMIT 1`.execute(reader);
  return rows.length > 0;
}
