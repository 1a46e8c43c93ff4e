import { sql } from 'kysely';
import { formatInstant, type Instant } from '../../ledger/instant.ts';
import type { Source } from '../../ledger/queries/changed-components.ts';
import type { ChangeEvent } from '../../model/event.ts';
import type { Digest } from '../../model/inventory.ts';
import type { Origin } from './draft.ts';

/** A deployment that ran when an entry was recorded. */
export interface Running {
  /** Number of its artifact. */
  readonly number: number;
  readonly deployment: number;
  readonly service: string;
  readonly environment: string;
  readonly artifact: Digest;
  readonly since: Instant;
}

/**
 * What ran when an entry was recorded, as it was known then; sorted by service, environment, deployment. What a later entry of the same
 * instant says (a clock that was set back makes it long) was not known then.
 */
export async function runningThen({ reader }: Source, { index, recorded }: Origin): Promise<Running[]> {
  const { rows } = await sql<Running>`SELECT p.artifact AS number, p.deployment, s.name AS service,
      e.name AS environment, a.digest AS artifact, p.valid_from AS since
    FROM period p JOIN service s ON s.id = p.service JOIN environment e ON e.id = p.environment
      JOIN artifact a ON a.id = p.artifact
    WHERE p.entry < ${index} AND p.known_from <= ${recorded} AND p.known_to >= ${recorded}
      AND (p.known_to > ${recorded} OR NOT EXISTS (SELECT 1 FROM period q
        WHERE q.deployment = p.deployment AND q.entry > p.entry AND q.entry < ${index}))
      AND p.valid_from <= ${recorded} AND p.valid_to > ${recorded}`.execute(reader);
  const key = (r: Running) => `${r.service}\0${r.environment}`;
  return rows.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.deployment - b.deployment));
}

/** What a change says of the place that it touches. */
export type Touched = Pick<
  ChangeEvent,
  'service' | 'environment' | 'artifact' | 'artifacts' | 'deployments' | 'deployment' | 'since'
>;

/** One for each service and environment, in order, however many deployments run there. */
export function touchedBy(running: readonly Running[]): Touched[] {
  const groups = Map.groupBy(running, (r) => `${r.service}\0${r.environment}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { service, environment, artifact, deployment } = first;
    return [
      {
        service,
        environment,
        artifact,
        artifacts: new Set(group.map((r) => r.artifact)).size,
        deployments: group.length,
        deployment,
        since: formatInstant(Math.min(...group.map((r) => r.since))),
      },
    ];
  });
}
