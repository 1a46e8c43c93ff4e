import { sql } from 'kysely';
import { among, parts } from '../apply/interned.ts';
import { componentSubjects, coversSubject, Purls, subjectOf } from '../decision-scope.ts';
import type { DecisionRecord } from '../document-shapes.ts';
import type { Ledger } from '../ledger.ts';

/**
 * Vulnerabilities, artifacts and components (purls) of decisions that nothing in the ledger has, sorted: such a decision is kept,
 * and says nothing yet. A vulnerability is known under any of the names that the decision gives it.
 */
export async function unknownNames(ledger: Ledger, records: readonly DecisionRecord[]): Promise<string[]> {
  const vulnerabilities = await known(
    ledger,
    ['vulnerability_name', 'name'],
    records.flatMap((r) => [r.vulnerability, ...r.aliases]),
  );
  const artifacts = await known(
    ledger,
    ['artifact', 'digest'],
    records.flatMap((r) => r.artifact ?? []),
  );
  const components = await knownComponents(
    ledger,
    records.flatMap((r) => r.component ?? []),
  );
  const unknown = records.flatMap(({ vulnerability, aliases, artifact, component }) => [
    ...([vulnerability, ...aliases].some((name) => vulnerabilities.has(name)) ? [] : [vulnerability]),
    ...(artifact === null || artifacts.has(artifact) ? [] : [artifact]),
    ...(component === null || components.has(component) ? [] : [component]),
  ]);
  return [...new Set(unknown)].sort();
}

async function known(
  { database, reader }: Ledger,
  [table, column]: readonly [string, string],
  names: readonly string[],
): Promise<Set<string>> {
  const found = new Set<string>();
  for (const part of parts([...new Set(names)])) {
    const { rows } = await sql<{ name: string }>`SELECT ${sql.ref(column)} AS name FROM ${sql.table(table)}
      WHERE ${among(database, column, part)}`.execute(reader);
    for (const { name } of rows) found.add(name);
  }
  return found;
}

/** Those of the purls that cover a component of the ledger. */
async function knownComponents({ reader }: Ledger, wanted: readonly string[]): Promise<Set<string>> {
  const scopes = [...new Set(wanted)].map((component) => ({
    service: null,
    environment: null,
    artifact: null,
    component,
  }));
  const bySubject = Map.groupBy(scopes, subjectOf);
  const found = new Set<string>();
  if (scopes.length === 0) return found;
  const purls = new Purls();
  for (const { purl } of await reader.selectFrom('component').select('purl').execute()) {
    const subject = { service: null, environment: null, artifact: '', component: purl };
    for (const name of componentSubjects(purl, purls)) {
      for (const scope of bySubject.get(name) ?? []) {
        if (!found.has(scope.component) && coversSubject(scope, subject, purls)) found.add(scope.component);
      }
    }
  }
  return found;
}
