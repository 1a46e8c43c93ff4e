import { sql } from 'kysely';
import { among, parts } from '../apply/interned.ts';
import type { PeriodRow } from '../database/tables.ts';
import { isDigest } from '../documents.ts';
import type { DeploymentMark } from '../fact.ts';
import type { Instant } from '../instant.ts';
import type { Ledger } from '../ledger.ts';
import type { ArtifactRef, DeploymentRef, VerdictRef } from './answers.ts';
import { endAt } from './known-at.ts';

/** A belief about when a deployment ran, with the deployment's marks: what `periodColumns` select. */
export type Period = PeriodRow & { readonly marks: string };

/** SQL: the columns of `Period`, of `period p` and `deployment d`. */
export const periodColumns = sql`p.deployment, p.service, p.environment, p.artifact, p.valid_from, p.valid_to, p.ending,
  p.known_from, p.known_to, p.entry, d.marks`;

const endings = ['open', 'known', 'unknown'] as const;

export function endingOf(ending: number): DeploymentRef['ending'] {
  return endings[ending] ?? 'open';
}

/** The rows of a table with these numbers, by number. */
async function byNumber<T extends { readonly id: number }>(
  ids: Iterable<number>,
  read: (part: readonly number[]) => Promise<readonly T[]>,
): Promise<Map<number, T>> {
  const found = new Map<number, T>();
  for (const part of parts([...new Set(ids)])) for (const row of await read(part)) found.set(row.id, row);
  return found;
}

async function namesOf(ledger: Ledger, table: 'service' | 'environment', ids: Iterable<number>) {
  return await byNumber(ids, async (part) => {
    const { rows } = await sql<{ id: number; name: string }>`SELECT id, name FROM ${sql.table(table)}
      WHERE ${among(ledger.database, 'id', part)}`.execute(ledger.reader);
    return rows;
  });
}

/** Artifacts by number, as known at a moment. */
export async function artifactRefs(
  ledger: Ledger,
  ids: Iterable<number>,
  asOf: Instant,
): Promise<Map<number, ArtifactRef>> {
  const found = await byNumber(ids, async (part) => {
    const { rows } = await sql<{ id: number; digest: string; name: string | null; recorded: number }>`SELECT a.id,
      a.digest, a.name, (SELECT count(*) FROM inventory i WHERE i.artifact = a.id AND i.known_from <= ${asOf}) AS recorded
      FROM artifact a WHERE ${among(ledger.database, 'a.id', part)}`.execute(ledger.reader);
    return rows;
  });
  return new Map(
    [...found].map(([id, { digest, name, recorded }]) => {
      if (!isDigest(digest)) throw new TypeError(`not a digest: ${digest}`);
      return [id, { digest, name: recorded > 0 ? name : null, recorded: recorded > 0 }];
    }),
  );
}

/** The verdicts of artifacts that were known at a moment, by artifact, in the order in which they were given. */
export async function verdictsOf(
  ledger: Ledger,
  artifacts: Iterable<number>,
  asOf: Instant,
): Promise<Map<number, VerdictRef[]>> {
  const found: (VerdictRef & { artifact: number })[] = [];
  for (const part of parts([...new Set(artifacts)])) {
    const { rows } = await sql<
      VerdictRef & { artifact: number }
    >`SELECT artifact, id AS entry, verdict, policy, snapshot,
      report, findings, exceptions, known_from AS "knownFrom" FROM verdict
      WHERE ${among(ledger.database, 'artifact', part)} AND known_from <= ${asOf} ORDER BY id`.execute(ledger.reader);
    found.push(...rows);
  }
  const grouped = new Map<number, VerdictRef[]>();
  for (const { artifact, ...verdict } of found) {
    const list = grouped.get(artifact);
    if (list === undefined) grouped.set(artifact, [verdict]);
    else list.push(verdict);
  }
  return grouped;
}

/** Beliefs in words: their names, artifacts and verdicts, in the same order. */
export async function deploymentRefs(
  ledger: Ledger,
  periods: readonly Period[],
  asOf: Instant,
): Promise<DeploymentRef[]> {
  if (periods.length === 0) return [];
  const services = await namesOf(
    ledger,
    'service',
    periods.map((p) => p.service),
  );
  const environments = await namesOf(
    ledger,
    'environment',
    periods.map((p) => p.environment),
  );
  const ids = new Set(periods.map((p) => p.artifact));
  const artifacts = await artifactRefs(ledger, ids, asOf);
  const verdicts = await verdictsOf(ledger, ids, asOf);
  return periods.map((p) => {
    const artifact = artifacts.get(p.artifact);
    if (artifact === undefined) throw new TypeError(`deployment ${p.deployment} is of no artifact`);
    return {
      deployment: p.deployment,
      service: services.get(p.service)?.name ?? '',
      environment: environments.get(p.environment)?.name ?? '',
      artifact,
      validFrom: p.valid_from,
      validTo: p.valid_to,
      ending: endingOf(p.ending),
      marks: p.marks === '' ? [] : (p.marks.split(' ') as DeploymentMark[]),
      knownFrom: p.known_from,
      knownTo: endAt(p.known_to, asOf),
      entry: p.entry,
      verdict: verdicts.get(p.artifact)?.findLast((v) => v.knownFrom <= p.valid_from) ?? null,
    };
  });
}
