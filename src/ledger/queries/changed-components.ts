import { sql } from 'kysely';
import { among, parts } from '../apply/interned.ts';
import { forever } from '../instant.ts';
import type { Ledger } from '../ledger.ts';

interface NameKey {
  readonly ecosystem: string;
  readonly name: string;
}

export interface ChangedBy {
  /** The names to ask for; `all`: every one that the ledger knows. */
  readonly names: 'all' | readonly NameKey[];
  fingerprintOfName(key: NameKey): string | null;
  fingerprintOfId(id: string): string | null;
}

interface NameState extends NameKey {
  readonly id: number;
  readonly fingerprint: string | null;
}

async function namesOf(ledger: Ledger, names: ChangedBy['names']): Promise<NameState[]> {
  const all =
    await sql<NameState>`SELECT id, ecosystem, name, fingerprint FROM advisory_name ORDER BY ecosystem, name`.execute(
      ledger.reader,
    );
  if (names === 'all') return all.rows;
  const wanted = new Set(names.map((n) => `${n.ecosystem}\0${n.name}`));
  return all.rows.filter((r) => wanted.has(`${r.ecosystem}\0${r.name}`));
}

/** purls of the components that the store says something else of than when it was last asked. */
export async function changedComponents(
  ledger: Ledger,
  { names, fingerprintOfName, fingerprintOfId }: ChangedBy,
): Promise<Set<string>> {
  const changed = (await namesOf(ledger, names)).filter((n) => fingerprintOfName(n) !== n.fingerprint).map((n) => n.id);
  const purls = new Set<string>();
  for (const part of parts(changed)) {
    const { rows } = await sql<{
      purl: string;
    }>`SELECT purl FROM component WHERE ${among(ledger.database, 'advisory_name', part)}`.execute(ledger.reader);
    for (const { purl } of rows) purls.add(purl);
  }
  if (names !== 'all') return purls;
  const known = await sql<{
    id: number;
    name: string;
    fingerprint: string | null;
  }>`SELECT id, name, fingerprint FROM vulnerability ORDER BY name`.execute(ledger.reader);
  const moved = known.rows.filter((v) => fingerprintOfId(v.name) !== v.fingerprint).map((v) => v.id);
  for (const part of parts(moved)) {
    const { rows } = await sql<{
      purl: string;
    }>`SELECT DISTINCT c.purl FROM component_match m JOIN component c ON c.id = m.component
      WHERE m.known_to = ${forever} AND ${among(ledger.database, 'm.vulnerability', part)}`.execute(ledger.reader);
    for (const { purl } of rows) purls.add(purl);
  }
  return purls;
}
