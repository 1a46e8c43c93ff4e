import { sql } from 'kysely';
import type { VexStatus } from '../../model/decision.ts';
import { among, parts } from '../apply/interned.ts';
import type { DecisionRow } from '../database/tables.ts';
import type { Instant } from '../instant.ts';
import type { Ledger } from '../ledger.ts';
import type { Decisions } from './answers.ts';
import { decisionRef, inForceAt } from './decision-refs.ts';
import { believedAt, knownAt, numberOf } from './known-at.ts';

export interface DecisionsRequest {
  /** Null: the same moment as `asOf`. */
  readonly at: Instant | null;
  /** Null: now. */
  readonly asOf: Instant | null;
  /** Only those that end within this time after `at`. */
  readonly expiringWithinMs?: number | null;
  /** Only those that cover something of this service: its own, and those for all services. */
  readonly service?: string | null;
  readonly status?: VexStatus | null;
  /** Only those about a vulnerability that is known to be exploited, in a component that the ledger knows. */
  readonly exploitedOnly?: boolean;
}

/**
 * The decisions in force at a moment, as known at another; the first to end first. Throws `not-in-ledger` for a service that
 * the ledger does not know.
 */
export async function decisions(ledger: Ledger, request: DecisionsRequest): Promise<Decisions> {
  const asOf = await knownAt(ledger, request.asOf);
  const at = request.at ?? asOf;
  const { service = null, status = null, expiringWithinMs: within = null, exploitedOnly = false } = request;
  if (service !== null) await numberOf(ledger, 'service', service);
  const ofService = service === null ? sql`` : sql`AND (d.service IS NULL OR d.service = ${service.normalize('NFC')})`;
  const ofStatus = status === null ? sql`` : sql`AND d.status = ${status}`;
  const ending = within === null ? sql`` : sql`AND d.valid_to <= ${at + within}`;
  const { rows } = await sql<DecisionRow>`SELECT d.* FROM decision d
    WHERE ${inForceAt(at, asOf)} ${ofService} ${ofStatus} ${ending} ORDER BY d.valid_to, d.id`.execute(ledger.reader);
  const about = await namesByDecision(
    ledger,
    rows.map((r) => r.id),
    asOf,
  );
  const exploited = await exploitedNames(ledger, asOf);
  const list = rows.map((row) => {
    const names = [...(about.get(row.id) ?? [row.vulnerability])].sort();
    return { ...decisionRef(row, asOf), names, exploited: names.some((name) => exploited.has(name)) };
  });
  return { at, asOf, decisions: exploitedOnly ? list.filter((d) => d.exploited) : list };
}

/** What decisions and the ledger call their vulnerabilities. */
async function namesByDecision(
  ledger: Ledger,
  ids: readonly number[],
  asOf: Instant,
): Promise<Map<number, Set<string>>> {
  const names = new Map<number, Set<string>>();
  for (const part of parts(ids)) {
    const { rows } = await sql<{ decision: number; own: string; other: string | null }>`SELECT dn.decision,
      dn.name AS own, b.name AS other FROM decision_name dn
      LEFT JOIN vulnerability_name a ON a.name = dn.name AND a.known_from <= ${asOf}
      LEFT JOIN vulnerability_name b ON b.vulnerability = a.vulnerability AND b.known_from <= ${asOf}
      WHERE ${among(ledger.database, 'dn.decision', part)}`.execute(ledger.reader);
    for (const { decision, own, other } of rows) {
      const set = names.get(decision) ?? new Set();
      names.set(decision, set.add(own));
      if (other !== null) set.add(other);
    }
  }
  return names;
}

/** Every name of what is exploited and was open somewhere at a moment of knowledge. */
async function exploitedNames(ledger: Ledger, asOf: Instant): Promise<Set<string>> {
  const { rows } = await sql<{ name: string }>`SELECT DISTINCT n.name FROM component_match m
    JOIN vulnerability_name n ON n.vulnerability = m.vulnerability AND n.known_from <= ${asOf}
    WHERE m.exploited = 1 AND ${believedAt('m', asOf)}`.execute(ledger.reader);
  return new Set(rows.map((r) => r.name));
}
