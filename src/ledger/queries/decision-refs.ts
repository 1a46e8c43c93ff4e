import { type RawBuilder, sql } from 'kysely';
import { among, parts } from '../apply/interned.ts';
import type { DecisionRow } from '../database/tables.ts';
import { coversSubject, type DecisionSubject, Purls, strongest } from '../decision-scope.ts';
import type { Instant } from '../instant.ts';
import type { Ledger } from '../ledger.ts';
import type { DecisionRef } from './answers.ts';
import { endAt } from './known-at.ts';

/** A decision as it stood at a moment of knowledge. */
export function decisionRef(row: DecisionRow, asOf: Instant): DecisionRef {
  return {
    id: row.id,
    entry: row.entry,
    vulnerability: row.vulnerability,
    service: row.service,
    environment: row.environment,
    component: row.component,
    artifact: row.artifact as DecisionRef['artifact'],
    status: row.status as DecisionRef['status'],
    justification: row.justification as DecisionRef['justification'],
    owner: row.owner,
    approvedBy: row.approved_by,
    validFrom: row.valid_from,
    validTo: row.valid_to,
    knownFrom: row.known_from,
    knownTo: endAt(row.known_to, asOf),
    supersededBy: row.known_to > asOf ? null : row.superseded_by,
  };
}

/**
 * SQL: `decision d` was in force at a moment, as known at another. What took its place says nothing of the time before it began:
 * until then the old one was in force.
 */
export function inForceAt(at: Instant, asOf: Instant) {
  const replacedLater = sql<boolean>`EXISTS (SELECT 1 FROM decision s WHERE s.id = d.superseded_by AND s.valid_from > ${at})`;
  return sql<boolean>`d.valid_from <= ${at} AND d.valid_to > ${at} AND d.known_from <= ${asOf}
    AND (d.known_to > ${asOf} OR ${replacedLater})`;
}

/** Decisions in force, by the number of the vulnerability that they are about under any of its names. */
export class DecisionsInForce {
  readonly #byVulnerability: ReadonlyMap<number, readonly DecisionRef[]>;
  readonly #purls: Purls;

  constructor(byVulnerability: ReadonlyMap<number, readonly DecisionRef[]>, purls: Purls) {
    this.#byVulnerability = byVulnerability;
    this.#purls = purls;
  }

  /** The most specific one that covers the subject, of equals the last; null where there is none. */
  for(vulnerability: number, subject: DecisionSubject): DecisionRef | null {
    const about = this.#byVulnerability.get(vulnerability);
    if (about === undefined) return null;
    const covering = about.filter((d) => coversSubject(d, subject, this.#purls));
    return covering.length > 1 ? strongest(covering) : (covering[0] ?? null);
  }
}

/**
 * The decisions of which one of `which` (SQL over `decision d` and `vulnerability_name n`) holds, that were in force at a moment,
 * about those vulnerabilities (by number) that are wanted; null: about any.
 */
export async function decisionsInForce(
  ledger: Ledger,
  which: readonly RawBuilder<boolean>[],
  at: Instant,
  asOf: Instant,
  wanted: (() => Promise<ReadonlySet<number>>) | null = null,
): Promise<DecisionsInForce> {
  const found = new Map<number, DecisionRef[]>();
  const known = new Map<number, DecisionRef>();
  for (const condition of which) {
    const { rows } = await sql<DecisionRow & { about: number }>`SELECT d.*, n.vulnerability AS about FROM decision d
      JOIN decision_name dn ON dn.decision = d.id JOIN vulnerability_name n ON n.name = dn.name AND n.known_from <= ${asOf}
      WHERE ${condition} AND ${inForceAt(at, asOf)}`.execute(ledger.reader);
    const only = wanted === null ? null : await wanted();
    for (const row of rows) {
      const { about } = row;
      if (only !== null && !only.has(about)) continue;
      const ref = known.get(row.id) ?? decisionRef(row, asOf);
      known.set(row.id, ref);
      const list = found.get(about);
      if (list === undefined) found.set(about, [ref]);
      else if (!list.includes(ref)) list.push(ref);
    }
  }
  return new DecisionsInForce(found, new Purls());
}

/** SQL conditions for `decisionsInForce`: what stands under one of these subjects. */
export function underSubjects(ledger: Ledger, subjects: Iterable<string>): RawBuilder<boolean>[] {
  return [...parts([...new Set(subjects)])].map((part) => among(ledger.database, 'd.subject', part));
}
