import { sql } from 'kysely';
import type { Digest } from '../../model/inventory.ts';
import { among, parts } from '../apply/interned.ts';
import type { ComponentMatchRow } from '../database/tables.ts';
import { forever, type Instant } from '../instant.ts';
import type { Source } from './changed-components.ts';

/** A deployment that runs, as it is now known. */
export interface Running {
  readonly deployment: number;
  readonly service: string;
  readonly environment: string;
  readonly artifact: Digest;
}

/** What runs at a moment, as it is now known, by the number of its artifact; sorted by service, environment, deployment. */
export async function runningAt({ reader }: Source, at: Instant): Promise<Map<number, Running[]>> {
  const { rows } = await sql<Running & { number: number }>`SELECT p.artifact AS number, p.deployment, s.name AS service,
      e.name AS environment, a.digest AS artifact
    FROM period p JOIN service s ON s.id = p.service JOIN environment e ON e.id = p.environment
      JOIN artifact a ON a.id = p.artifact
    WHERE p.known_to = ${forever} AND p.valid_from <= ${at} AND p.valid_to > ${at}`.execute(reader);
  const key = (r: Running) => `${r.service}\0${r.environment}`;
  rows.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.deployment - b.deployment));
  const byArtifact = new Map<number, Running[]>();
  for (const { number, ...running } of rows) {
    const known = byArtifact.get(number);
    if (known === undefined) byArtifact.set(number, [running]);
    else known.push(running);
  }
  return byArtifact;
}

/** Of some components (purls): the numbers of those of a list of artifacts that are now known to have them. */
export async function artifactsWith(
  { reader, database }: Source,
  purls: readonly string[],
  artifacts: readonly number[],
): Promise<Map<string, number[]>> {
  const found = new Map<string, number[]>();
  for (const part of parts(purls, 500)) {
    for (const some of parts(artifacts)) {
      const { rows } = await sql<{ purl: string; artifact: number }>`SELECT c.purl, ac.artifact FROM component c
        JOIN artifact_component ac ON ac.component = c.id
        WHERE ac.known_to = ${forever} AND ${among(database, 'c.purl', part)} AND ${among(database, 'ac.artifact', some)}
        ORDER BY ac.artifact`.execute(reader);
      for (const { purl, artifact } of rows) {
        const list = found.get(purl);
        if (list === undefined) found.set(purl, [artifact]);
        else list.push(artifact);
      }
    }
  }
  return found;
}

/** A match that was known until a moment. */
export type ClosedMatch = Pick<
  ComponentMatchRow,
  'severity' | 'score' | 'exploited' | 'fixed_in' | 'advisories' | 'opened'
> & { readonly purl: string; readonly id: string };

/** What was known of components until `known`, and was opened by an entry before `entry`. */
export async function closedMatches(
  { reader, database }: Source,
  purls: readonly string[],
  known: Instant,
  entry: number,
): Promise<ClosedMatch[]> {
  const found: ClosedMatch[] = [];
  for (const part of parts(purls)) {
    const { rows } =
      await sql<ClosedMatch>`SELECT c.purl, v.name AS id, m.severity, m.score, m.exploited, m.fixed_in, m.advisories, m.opened
      FROM component c JOIN component_match m ON m.component = c.id JOIN vulnerability v ON v.id = m.vulnerability
      WHERE m.known_to = ${known} AND m.opened < ${entry} AND ${among(database, 'c.purl', part)}
      ORDER BY m.opened`.execute(reader);
    for (const row of rows) found.push(row);
  }
  return found;
}
