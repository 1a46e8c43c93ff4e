import { sql } from 'kysely';
import { CodedError } from '../../model/errors.ts';
import { among, parts } from '../apply/interned.ts';
import { componentSubjects, Purls } from '../decision-scope.ts';
import { formatInstant, type Instant } from '../instant.ts';
import type { Ledger } from '../ledger.ts';
import type { DeploymentRef, Exposure } from './answers.ts';
import { decisionsInForce, underSubjects } from './decision-refs.ts';
import { deploymentRefs, type Period, periodColumns } from './deployment-refs.ts';
import { exposureGaps } from './exposure-gaps.ts';
import { exposureRows, type Place, type Run } from './exposure-rows.ts';
import { believedAt, knownAt, numberOf } from './known-at.ts';
import { type KnownMatches, matchesOf, purlsOf, snapshotOf, snapshotsOf } from './known-matches.ts';

export interface ExposureRequest {
  readonly service: string;
  /** Null: all. */
  readonly environment: string | null;
  /** A moment (`from` = `to`) or a period, both ends included. */
  readonly from: Instant;
  readonly to: Instant;
  /** Null: now. */
  readonly asOf: Instant | null;
  /** Feeds that were older than this when they were last used are named as gaps; null: none are. */
  readonly maxFeedAgeMs?: number | null;
}

/** What ran of a service at some time in a period, as known at a moment. */
async function periodsIn(
  ledger: Ledger,
  { service: name, from, to }: ExposureRequest,
  environment: number | null,
  asOf: Instant,
): Promise<Period[]> {
  const service = await numberOf(ledger, 'service', name);
  const here = environment === null ? sql`` : sql`AND p.environment = ${environment}`;
  const { rows } = await sql<Period>`SELECT ${periodColumns} FROM period p JOIN deployment d ON d.id = p.deployment
    WHERE p.service = ${service} ${here} AND p.valid_from <= ${to} AND p.valid_to > ${from} AND p.valid_from < p.valid_to
    AND ${believedAt('p', asOf)} ORDER BY p.valid_from, p.deployment`.execute(ledger.reader);
  return rows;
}

/** Which component is in which artifacts, since when that is known. */
async function contentsOf(ledger: Ledger, artifacts: readonly number[], asOf: Instant) {
  const contents = new Map<number, Map<number, number>>();
  for (const part of parts(artifacts)) {
    const { rows } = await sql<{ artifact: number; component: number; known_from: number }>`SELECT ac.artifact,
      ac.component, ac.known_from FROM artifact_component ac
      WHERE ${among(ledger.database, 'ac.artifact', part)} AND ${believedAt('ac', asOf)}`.execute(ledger.reader);
    for (const { artifact, component, known_from } of rows) {
      const holders = contents.get(component);
      if (holders === undefined) contents.set(component, new Map([[artifact, known_from]]));
      else holders.set(artifact, known_from);
    }
  }
  return contents;
}

/**
 * Which vulnerabilities what ran of a service had, as known at `asOf`: those known then, and those that were known while it ran
 * and were closed since. Throws `not-in-ledger` for a service or environment that the ledger does not know, `usage` for a
 * period that ends before it begins.
 */
export async function exposure(ledger: Ledger, request: ExposureRequest): Promise<Exposure> {
  const { from, to } = request;
  if (to < from) {
    throw new CodedError('usage', `the period ends (${formatInstant(to)}) before it begins (${formatInstant(from)})`, {
      remedy: 'swap --from and --to',
    });
  }
  const asOf = await knownAt(ledger, request.asOf);
  const { environment } = request;
  const place =
    environment === null
      ? null
      : { id: await numberOf(ledger, 'environment', environment), name: environment.normalize('NFC') };
  const periods = await periodsIn(ledger, request, place?.id ?? null, asOf);
  const deployments = await deploymentRefs(ledger, periods, asOf);
  const runs = new Map<number, Run[]>();
  for (const [at, { artifact }] of periods.entries()) {
    const ref = deployments[at];
    if (ref === undefined) continue;
    const run = {
      ref,
      from: Math.max(ref.validFrom, from),
      to: Math.min(ref.validTo, to),
      alone: [ref.deployment],
    };
    const list = runs.get(artifact);
    if (list === undefined) runs.set(artifact, [run]);
    else list.push(run);
  }
  const contents = await contentsOf(ledger, [...runs.keys()], asOf);
  const components = [...contents.keys()];
  // What they have is read while it is worked out what was decided.
  const reading = matchesOf(ledger, components, Math.min(asOf, from), asOf);
  const [matches, { purls, decisions }, gaps] = await Promise.all([
    reading,
    decided(ledger, components, deployments, { to, asOf, reading }),
    exposureGaps(ledger, periods, deployments, { ...request, asOf, place }),
  ]);
  const snapshots = await snapshotsOf(ledger, new Set(matches.flatMap((m) => m.grade.map(snapshotOf))));
  return {
    service: request.service.normalize('NFC'),
    environment: place?.name ?? null,
    from,
    to,
    asOf,
    deployments,
    rows: exposureRows(matches, placesOf(contents, purls, runs), { decisions, snapshots }),
    gaps,
  };
}

/** Names of components, and the decisions that are about one of them in these deployments. */
async function decided(
  ledger: Ledger,
  components: readonly number[],
  deployments: readonly DeploymentRef[],
  { to, asOf, reading }: { to: Instant; asOf: Instant; reading: Promise<readonly KnownMatches[]> },
) {
  const purls = await purlsOf(ledger, components);
  const subjects = new Set(['', ...deployments.flatMap((d) => [`s:${d.service}`, `a:${d.artifact.digest}`])]);
  const parsed = new Purls();
  for (const purl of purls.values()) for (const s of componentSubjects(purl, parsed)) subjects.add(s);
  const about = async () => new Set((await reading).flatMap((m) => m.vulnerability));
  const decisions = await decisionsInForce(ledger, underSubjects(ledger, subjects), to, asOf, about);
  return { purls, decisions };
}

/** Where each component was: in which runs, and since when that is known. */
function placesOf(
  contents: ReadonlyMap<number, ReadonlyMap<number, Instant>>,
  purls: ReadonlyMap<number, string>,
  runs: ReadonlyMap<number, readonly Run[]>,
): Map<number, Place[]> {
  const places = new Map<number, Place[]>();
  for (const [component, holders] of contents) {
    const list: Place[] = [];
    for (const [artifact, contained] of holders) {
      for (const run of runs.get(artifact) ?? []) {
        const { service, environment, artifact: ref } = run.ref;
        const subject = { service, environment, artifact: ref.digest, component: purls.get(component) ?? '' };
        list.push({ run, contained, subject });
      }
    }
    places.set(component, list);
  }
  return places;
}
