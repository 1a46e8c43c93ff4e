import { sql } from 'kysely';
import { among, parts } from '../apply/interned.ts';
import type { ComponentMatchRow } from '../database/tables.ts';
import { forever } from '../instant.ts';
import type { Source } from './changed-components.ts';

/** What is now known of a component, with the vulnerability's main name. */
export type OpenMatch = Pick<
  ComponentMatchRow,
  'first_known' | 'severity' | 'score' | 'exploited' | 'fixed_in' | 'advisories'
> & { readonly purl: string; readonly id: string };

/** What is now known of components, by purl. */
export async function openMatches(
  { reader, database }: Source,
  purls: readonly string[],
): Promise<Map<string, OpenMatch[]>> {
  const found: OpenMatch[] = [];
  for (const part of parts(purls)) {
    const { rows } =
      await sql<OpenMatch>`SELECT c.purl, v.name AS id, m.first_known, m.severity, m.score, m.exploited, m.fixed_in, m.advisories
      FROM component c JOIN component_match m ON m.component = c.id JOIN vulnerability v ON v.id = m.vulnerability
      WHERE m.known_to = ${forever} AND ${among(database, 'c.purl', part)}`.execute(reader);
    for (const row of rows) found.push(row);
  }
  return Map.groupBy(found, (m) => m.purl);
}
