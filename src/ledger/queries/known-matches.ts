import { sql } from 'kysely';
import type { Digest } from '../../model/inventory.ts';
import { among, parts } from '../apply/interned.ts';
import type { ComponentMatchRow } from '../database/tables.ts';
import type { Instant } from '../instant.ts';
import type { Ledger } from '../ledger.ts';

/** One form of what was known of a component and a vulnerability. */
export type KnownMatchRow = ComponentMatchRow & {
  /** Main name of the vulnerability. */
  readonly name: string;
};

/**
 * What was known of components at `asOf`, and what was closed after `since`; the forms of one match follow each other, oldest
 * first.
 */
export async function matchesOf(
  ledger: Ledger,
  components: readonly number[],
  since: Instant,
  asOf: Instant,
): Promise<KnownMatchRow[]> {
  const found: KnownMatchRow[] = [];
  for (const part of parts(components)) {
    const { rows } = await sql<KnownMatchRow>`SELECT m.component, m.vulnerability, m.known_from, m.known_to,
      m.first_known, m.opened, m.document, m.place, m.snapshot, m.severity, m.score, m.exploited, m.fixed_in, m.advisories,
      v.name FROM component_match m JOIN vulnerability v ON v.id = m.vulnerability
      WHERE ${among(ledger.database, 'm.component', part)} AND m.known_from <= ${asOf} AND m.known_to > ${since}
      AND m.known_to > m.known_from`.execute(ledger.reader);
    found.push(...rows);
  }
  return found.sort(
    (a, b) =>
      a.component - b.component ||
      a.vulnerability - b.vulnerability ||
      a.known_from - b.known_from ||
      a.opened - b.opened,
  );
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

/** Where a match stands among others: exploited first, then by severity and score. */
export function urgency({ exploited, severity, score }: KnownMatchRow): number {
  return (1 - exploited) * 100_000 + severity * 1_000 - (score ?? -1);
}
