import { sql } from 'kysely';
import { severityLevels } from '../../model/advisory.ts';
import { among, parts } from '../apply/interned.ts';
import type { ComponentMatchRow } from '../database/tables.ts';
import type { Instant } from '../instant.ts';
import type { Ledger } from '../ledger.ts';
import type { ExposureRow } from './answers.ts';
import { endAt } from './known-at.ts';

/** One form of what was known of a component and a vulnerability. */
export type KnownMatchRow = ComponentMatchRow & {
  readonly purl: string;
  /** Main name of the vulnerability. */
  readonly name: string;
  /** Digest of the snapshot; null where it is not known. */
  readonly learned: string | null;
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
    const { rows } = await sql<KnownMatchRow>`SELECT m.*, c.purl, v.name, s.digest AS learned FROM component_match m
      JOIN component c ON c.id = m.component JOIN vulnerability v ON v.id = m.vulnerability
      LEFT JOIN snapshot s ON s.id = m.snapshot
      WHERE ${among(ledger.database, 'm.component', part)} AND m.known_from <= ${asOf} AND m.known_to > ${since}
      AND m.known_to > m.known_from
      ORDER BY m.component, m.vulnerability, m.known_from, m.opened`.execute(ledger.reader);
    found.push(...rows);
  }
  return found;
}

/** What is said of a match, whoever has it. */
export function toRow(
  m: KnownMatchRow,
  asOf: Instant,
): Omit<ExposureRow, 'deployments' | 'knownWhileRunning' | 'decision'> {
  return {
    vulnerability: m.name,
    component: m.purl,
    severity: severityLevels[m.severity] ?? 'unknown',
    score: m.score === null ? null : m.score / 10,
    exploited: m.exploited === 1,
    fixedIn: m.fixed_in,
    advisories: m.advisories === '' ? [] : m.advisories.split(' '),
    firstKnown: m.first_known,
    knownFrom: m.known_from,
    knownTo: endAt(m.known_to, asOf),
    snapshot: m.learned as ExposureRow['snapshot'],
    source: { entry: m.opened, document: m.document, place: m.place },
  };
}

const ranks = new Map<string, number>(severityLevels.map((level, rank) => [level, rank]));

/** Exploited first, then by severity and score, then by name. */
export function worstFirst(a: ExposureRow, b: ExposureRow): number {
  if (a.exploited !== b.exploited) return a.exploited ? -1 : 1;
  const off = (ranks.get(a.severity) ?? 0) - (ranks.get(b.severity) ?? 0) || (b.score ?? -1) - (a.score ?? -1);
  if (off !== 0) return off;
  if (a.vulnerability !== b.vulnerability) return a.vulnerability < b.vulnerability ? -1 : 1;
  if (a.component !== b.component) return a.component < b.component ? -1 : 1;
  return (a.decision?.id ?? -1) - (b.decision?.id ?? -1);
}
