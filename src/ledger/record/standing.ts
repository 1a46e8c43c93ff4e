import { sql } from 'kysely';
import { among, parts } from '../apply/interned.ts';
import type { Database, Reader } from '../database/database.ts';
import type { DeploymentMark } from '../fact.ts';
import { forever, type Instant } from '../instant.ts';

/** When a deployment ran, as is believed now. */
export interface Standing {
  readonly deployment: number;
  readonly from: Instant;
  /** `forever` where it still runs. */
  readonly to: Instant;
}

interface Place {
  readonly service: string;
  readonly environment: string;
}

const keyOf = ({ service, environment }: Place) => `${service}\0${environment}`;

/** What is believed to have run in places since a moment, kept in step with the facts that are being decided. */
export class StandingPeriods {
  readonly #byPlace: Map<string, Standing[]>;

  private constructor(byPlace: Map<string, Standing[]>) {
    this.#byPlace = byPlace;
  }

  /** Reads what ran at or after `since`, in as few statements as there are environments. */
  static async read(
    tx: Reader,
    database: Database,
    places: readonly Place[],
    since: Instant,
  ): Promise<StandingPeriods> {
    const byPlace = new Map<string, Standing[]>();
    for (const [environment, all] of Map.groupBy(places, (place) => place.environment)) {
      for (const part of parts([...new Set(all.map((place) => place.service))])) {
        const { rows } = await sql<Standing & { service: string }>`SELECT s.name AS service, p.deployment,
            p.valid_from AS "from", p.valid_to AS "to"
          FROM service s JOIN period p ON p.service = s.id
          WHERE p.environment = (SELECT id FROM environment WHERE name = ${environment})
          AND ${among(database, 's.name', part)} AND p.known_to = ${forever} AND p.valid_to > ${since}
          ORDER BY p.valid_from, p.deployment`.execute(tx);
        for (const { service, ...period } of rows) {
          const key = keyOf({ service, environment });
          const known = byPlace.get(key);
          if (known === undefined) byPlace.set(key, [period]);
          else known.push(period);
        }
      }
    }
    return new StandingPeriods(byPlace);
  }

  /** What ran at or after a moment, in order. */
  from(place: Place, at: Instant): Standing[] {
    return (this.#byPlace.get(keyOf(place)) ?? []).filter((p) => p.to > at);
  }

  /** Takes over a deployment that was decided. */
  add(place: Place, added: Standing, replaced: readonly number[]): void {
    const before = this.#byPlace.get(keyOf(place)) ?? [];
    const now = before.map((p) => (replaced.includes(p.deployment) ? { ...p, to: added.from } : p));
    // What is over before anything that is to be decided would only make the next look longer.
    const live = [...now.filter((p) => p.to > p.from), added];
    this.#byPlace.set(
      keyOf(place),
      live.sort((a, b) => a.from - b.from || a.deployment - b.deployment),
    );
  }
}

/** What the ledger knows against the deployment of artifacts, by digest: nothing recorded, no verdict, or not a pass. */
export async function marksOf(
  tx: Reader,
  database: Database,
  digests: readonly string[],
): Promise<Map<string, DeploymentMark[]>> {
  const marks = new Map<string, DeploymentMark[]>();
  for (const part of parts([...new Set(digests)])) {
    const { rows } = await sql<{ digest: string; verdict: string | null }>`SELECT a.digest,
        (SELECT v.verdict FROM verdict v WHERE v.artifact = a.id ORDER BY v.id DESC LIMIT 1) AS verdict
      FROM artifact a WHERE a.entry IS NOT NULL AND ${among(database, 'a.digest', part)}`.execute(tx);
    for (const digest of part) marks.set(digest, ['unrecorded']);
    for (const { digest, verdict } of rows) marks.set(digest, markOf(verdict));
  }
  return marks;
}

function markOf(verdict: string | null): DeploymentMark[] {
  if (verdict === null) return ['no-verdict'];
  if (verdict === 'pass') return [];
  return [verdict === 'fail' ? 'refused' : 'cannot-say'];
}
