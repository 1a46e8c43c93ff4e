import { sql } from 'kysely';
import { CodedError } from '../../model/errors.ts';
import { clip } from '../../model/problem.ts';
import { among } from '../apply/interned.ts';
import type { Instant } from '../instant.ts';
import type { Ledger } from '../ledger.ts';
import type { Verdicts } from './answers.ts';
import { artifactRefs, verdictsOf } from './deployment-refs.ts';
import { believedAt, knownAt, numberOf } from './known-at.ts';

export interface VerdictsRequest {
  /** A digest as `artifactOf` answers it, or the name of a service. */
  readonly of: { readonly artifact: string } | { readonly service: string };
  /** Null: now. */
  readonly asOf: Instant | null;
}

interface Deployed {
  readonly artifact: number;
  readonly deployment: number;
}

/**
 * The verdicts on an artifact, or on whatever was deployed of a service, as known at a moment; newest first.
 * Throws `not-in-ledger`.
 */
export async function verdicts(ledger: Ledger, { of, asOf: asked }: VerdictsRequest): Promise<Verdicts> {
  const asOf = await knownAt(ledger, asked);
  const which =
    'service' in of
      ? sql`p.service = ${await numberOf(ledger, 'service', of.service)}`
      : sql`p.artifact = ${await numberOfArtifact(ledger, of.artifact)}`;
  const { rows } = await sql<Deployed>`SELECT DISTINCT p.artifact, p.deployment FROM period p
    WHERE ${which} AND ${believedAt('p', asOf)} ORDER BY p.deployment`.execute(ledger.reader);
  const deployed = Map.groupBy(rows, (r) => r.artifact);
  const numbers = new Set(deployed.keys());
  if ('artifact' in of) numbers.add(await numberOfArtifact(ledger, of.artifact));
  const artifacts = await artifactRefs(ledger, numbers, asOf);
  const given = numbers.size === 0 ? new Map() : await verdictsOf(ledger, numbers, asOf);
  const all: Verdicts['verdicts'][number][] = [];
  for (const [number, artifact] of artifacts) {
    const deployments = (deployed.get(number) ?? []).map((d) => d.deployment);
    for (const verdict of given.get(number) ?? []) all.push({ ...verdict, artifact, deployments });
  }
  return { asOf, verdicts: all.sort((a, b) => b.entry - a.entry) };
}

async function numberOfArtifact(ledger: Ledger, digest: string): Promise<number> {
  const { rows } = await sql<{ id: number }>`SELECT id FROM artifact
    WHERE ${among(ledger.database, 'digest', [digest])}`.execute(ledger.reader);
  const [row] = rows;
  if (row !== undefined) return row.id;
  throw new CodedError('not-in-ledger', `the ledger knows no artifact ${clip(digest, 80)}`, {
    remedy: 'record it first: kvitto record IMAGE',
  });
}
