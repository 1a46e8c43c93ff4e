import { sql } from 'kysely';
import { subjectOf } from '../decision-scope.ts';
import type { DecisionRecord } from '../document-shapes.ts';
import type { DecisionsExpired, DecisionsMade } from '../fact.ts';
import { forever } from '../instant.ts';
import { readDecisions } from '../read-documents.ts';
import type { ApplyContext, At } from './context.ts';
import { among, parts } from './interned.ts';

/** Most statements of one entry: a decision's number is its entry's times this, plus its place. */
export const mostDecisions = 65_536;

/** All names of the vulnerabilities of a list: a decision for an alias takes the place of one for the CVE. */
async function namesOf(
  { tx, database }: ApplyContext,
  records: readonly DecisionRecord[],
): Promise<Map<string, Set<string>>> {
  const wanted = [...new Set(records.flatMap((r) => [r.vulnerability, ...r.aliases]))];
  const names = new Map<string, Set<string>>(wanted.map((name) => [name, new Set([name])]));
  for (const part of parts(wanted)) {
    const { rows } = await sql<{
      one: string;
      other: string;
    }>`SELECT a.name AS one, b.name AS other FROM vulnerability_name a
      JOIN vulnerability_name b ON b.vulnerability = a.vulnerability WHERE ${among(database, 'a.name', part)}`.execute(
      tx,
    );
    for (const { one, other } of rows) names.get(one)?.add(other);
  }
  return names;
}

function scopeOf(d: {
  service: string | null;
  environment: string | null;
  component: string | null;
  artifact: string | null;
}) {
  return [d.service, d.environment, d.component, d.artifact].map((s) => s ?? '').join('\0');
}

export async function applyDecisions(
  context: ApplyContext,
  { index, recorded }: At,
  fact: DecisionsMade,
): Promise<void> {
  const { tx, rows, database, documents } = context;
  const { decisions } = readDecisions(await documents.get(fact.decisions), fact.decisions);
  await rows.flush();
  const names = await namesOf(context, decisions);
  const all = [...new Set([...names.values()].flatMap((set) => [...set]))];
  /** The decisions that hold now, by each name that they give their vulnerability, and their scope. */
  const standing = new Map<string, number>();
  for (const part of parts(all)) {
    const { rows: held } = await sql<{
      id: number;
      name: string;
      service: string | null;
      environment: string | null;
      component: string | null;
      artifact: string | null;
    }>`SELECT d.id, n.name, d.service, d.environment, d.component, d.artifact FROM decision_name n
      -- The plus keeps the index on ends, which all that stand share, from being preferred to the names.
      JOIN decision d ON d.id = n.decision WHERE +d.known_to = ${forever} AND ${among(database, 'n.name', part)}
      ORDER BY d.id`.execute(tx);
    for (const row of held) standing.set(`${row.name}\0${scopeOf(row)}`, row.id);
  }
  const ended = new Set<number>();
  for (const [place, record] of decisions.entries()) {
    const id = index * mostDecisions + place;
    const scope = scopeOf(record);
    const own = [record.vulnerability, ...record.aliases];
    for (const name of new Set(own.flatMap((n) => [...(names.get(n) ?? [])]))) {
      const superseded = standing.get(`${name}\0${scope}`);
      if (superseded === undefined) continue;
      // Found by several of its names.
      if (ended.has(superseded)) continue;
      ended.add(superseded);
      if (superseded >= index * mostDecisions) await rows.flush();
      await tx
        .updateTable('decision')
        .set({ known_to: recorded, superseded_by: id })
        .where('id', '=', superseded)
        .execute();
    }
    for (const name of own) standing.set(`${name}\0${scope}`, id);
    rows.add('decision', {
      id,
      entry: index,
      place,
      vulnerability: record.vulnerability,
      service: record.service,
      environment: record.environment,
      component: record.component,
      artifact: record.artifact,
      subject: subjectOf(record),
      status: record.status,
      justification: record.justification,
      owner: record.owner,
      approved_by: record.approvedBy,
      valid_from: Date.parse(record.from),
      valid_to: record.until === null ? forever : Date.parse(record.until),
      known_from: recorded,
      known_to: forever,
      superseded_by: null,
      expired: null,
    });
    for (const name of new Set(own)) rows.add('decision_name', { name, decision: id });
  }
}

export async function applyExpiry(
  { tx, rows, database }: ApplyContext,
  { index }: At,
  fact: DecisionsExpired,
): Promise<void> {
  await rows.flush();
  for (const part of parts(fact.decisions)) {
    await tx
      .updateTable('decision')
      .set({ expired: index })
      .where(among(database, 'id', part))
      .execute();
  }
}
