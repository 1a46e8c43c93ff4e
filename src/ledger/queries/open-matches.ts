import { sql } from 'kysely';
import { among, parts } from '../apply/interned.ts';
import type { ComponentMatchRow } from '../database/tables.ts';
import { forever } from '../instant.ts';
import type { Ledger } from '../ledger.ts';

/** What is now known of a component, with the vulnerability's name. */
export type OpenMatch = Pick<
  ComponentMatchRow,
  'first_known' | 'severity' | 'score' | 'exploited' | 'fixed_in' | 'advisories'
> & { readonly purl: string; readonly id: string };

/** What is now known of components, by purl. */
export async function openMatches(ledger: Ledger, purls: readonly string[]): Promise<Map<string, OpenMatch[]>> {
  const found: OpenMatch[] = [];
  for (const part of parts(purls)) {
    const { rows } =
      await sql<OpenMatch>`SELECT c.purl, v.name AS id, m.first_known, m.severity, m.score, m.exploited, m.fixed_in, m.advisories
      FROM component c JOIN component_match m ON m.component = c.id JOIN vulnerability v ON v.id = m.vulnerability
      WHERE m.known_to = ${forever} AND ${among(ledger.database, 'c.purl', part)}`.execute(ledger.reader);
    found.push(...rows);
  }
  return Map.groupBy(found, (m) => m.purl);
}
