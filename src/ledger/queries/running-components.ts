import { sql } from 'kysely';
import { among, parts } from '../apply/interned.ts';
import { forever } from '../instant.ts';
import type { Ledger } from '../ledger.ts';

/** What now runs with a component, by purl: `service (environment)`, sorted. Components that run nowhere are left out. */
export async function runningComponents(ledger: Ledger, purls: readonly string[]): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const part of parts(purls)) {
    const { rows } = await sql<{ purl: string; service: string; environment: string }>`
      SELECT DISTINCT c.purl, s.name AS service, e.name AS environment
      FROM component c
      JOIN artifact_component ac ON ac.component = c.id AND ac.known_to = ${forever}
      JOIN deployment d ON d.artifact = ac.artifact
      JOIN period p ON p.service = d.service AND p.environment = d.environment AND p.deployment = d.id
        AND p.known_to = ${forever} AND p.valid_to = ${forever}
      JOIN service s ON s.id = d.service
      JOIN environment e ON e.id = d.environment
      WHERE ${among(ledger.database, 'c.purl', part)}`.execute(ledger.reader);
    for (const { purl, service, environment } of rows) {
      found.set(purl, [...(found.get(purl) ?? []), `${service} (${environment})`]);
    }
  }
  for (const names of found.values()) names.sort();
  return found;
}
