import { sql } from 'kysely';
import type { Instant } from '../instant.ts';
import type { Ledger } from '../ledger.ts';
import type { Ran } from './answers.ts';
import { deploymentRefs, type Period, periodColumns } from './deployment-refs.ts';
import { believedAt, knownAt, numberOf } from './known-at.ts';
import { blindAt, lastDrift } from './looking.ts';

export interface RanRequest {
  /** Null: all. */
  readonly environment: string | null;
  /** Null or left out: all. */
  readonly service?: string | null;
  /** Null: the same moment as `asOf`. */
  readonly at: Instant | null;
  /** Null: now. */
  readonly asOf: Instant | null;
  /** Deployments of a page; all by default. */
  readonly limit?: number;
  /** Number of the last deployment of the page before. */
  readonly after?: number;
}

/**
 * What ran at a moment, as it was known at another. Of a page, `total` tells how many there are in all.
 * Throws `not-in-ledger` for an environment that the ledger does not know.
 */
export async function ran(ledger: Ledger, request: RanRequest): Promise<Ran> {
  const asOf = await knownAt(ledger, request.asOf);
  const at = request.at ?? asOf;
  const environments = await environmentsOf(ledger, request.environment, asOf);
  const { service = null } = request;
  const ofService = service === null ? sql`` : sql`AND p.service = ${await numberOf(ledger, 'service', service)}`;
  const found: Placed[] = [];
  // CROSS JOIN has SQLite go from service to service, and read no more than this environment's part of each.
  for (const { id, name } of environments) {
    const { rows } = await sql<Period & { name: string }>`SELECT ${periodColumns}, s.name FROM service s
      CROSS JOIN period p CROSS JOIN deployment d WHERE p.service = s.id AND d.id = p.deployment AND p.environment = ${id} ${ofService} AND p.valid_to > ${at} AND p.valid_from <= ${at} AND ${believedAt('p', asOf)}`.execute(
      ledger.reader,
    );
    for (const row of rows) found.push({ ...row, environmentName: name });
  }
  found.sort(byPlace);
  const first = request.after === undefined ? 0 : found.findIndex((f) => f.deployment === request.after) + 1;
  const page = found.slice(first, request.limit === undefined ? undefined : first + request.limit);
  const ids = environments.map((e) => e.id);
  return {
    at,
    asOf,
    deployments: await deploymentRefs(ledger, page, asOf),
    total: found.length,
    blind: await blindAt(ledger, environments, at, asOf),
    drift: await lastDrift(ledger, at, { environments: ids, service: null, asOf }),
  };
}

type Placed = Period & { readonly name: string; readonly environmentName: string };

function byPlace(a: Placed, b: Placed): number {
  if (a.environmentName !== b.environmentName) return a.environmentName < b.environmentName ? -1 : 1;
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.deployment - b.deployment;
}

/** The environment of a name, or all that the ledger knew at a moment, sorted by name. */
async function environmentsOf(
  ledger: Ledger,
  name: string | null,
  asOf: Instant,
): Promise<{ id: number; name: string }[]> {
  if (name !== null) return [{ id: await numberOf(ledger, 'environment', name), name: name.normalize('NFC') }];
  const { rows } = await sql<{ id: number; name: string }>`SELECT e.id, e.name FROM environment e
    WHERE EXISTS (SELECT 1 FROM period p WHERE p.environment = e.id AND p.known_from <= ${asOf})
    OR EXISTS (SELECT 1 FROM observation o WHERE o.environment = e.id AND o.known_from <= ${asOf})`.execute(
    ledger.reader,
  );
  return rows.sort((a, b) => (a.name < b.name ? -1 : 1));
}
