import { sql } from 'kysely';
import { type Drift, driftOf, type ExpectedDeployment } from '../../model/drift.ts';
import { CodedError } from '../../model/errors.ts';
import type { Digest } from '../../model/inventory.ts';
import type { Observation } from '../../model/observation.ts';
import type { Reader } from '../database/database.ts';
import type { ObservationDocument } from '../document-shapes.ts';
import type { Observed } from '../fact.ts';
import { forever, formatInstant, type Instant } from '../instant.ts';
import type { Appended, Ledger } from '../ledger.ts';
import { checkName } from '../names.ts';
import { putJson } from './text.ts';

export interface ObserveRequest {
  readonly observation: Observation;
  readonly environment: string;
  /** Services that should run on this host; null: all of the environment. */
  readonly services: readonly string[] | null;
  /** For how long this counts as having looked, in milliseconds. */
  readonly coversMs: number;
  /** Folders and files that the software writes itself. */
  readonly written: readonly string[];
  readonly actor: string;
}

export interface ObserveResult {
  readonly appended: Appended;
  readonly fact: Observed;
  /** What was seen, of this environment. */
  readonly observation: Observation;
  readonly drift: Drift;
  /** What differs from what was recorded, by service. */
  readonly differences: ObservationDocument['drift'];
}

/** How many changed paths of a service are listed; the observation has them all. */
const mostPaths = 50;

/** What should run in an environment at a moment, as far as is known now. */
async function expectedAt(
  reader: Reader,
  environment: string,
  at: Instant,
  services: ObserveRequest['services'],
): Promise<ExpectedDeployment[]> {
  const { rows } = await sql<{ service: string; digest: Digest; config_digest: Digest | null }>`
    SELECT s.name AS service, a.digest, a.config_digest FROM period p
    JOIN service s ON s.id = p.service JOIN artifact a ON a.id = p.artifact
    WHERE p.environment = (SELECT id FROM environment WHERE name = ${environment})
    AND p.known_to = ${forever} AND p.valid_from <= ${at} AND p.valid_to > ${at} ORDER BY s.name, p.deployment`.execute(
    reader,
  );
  return rows
    .filter((r) => services === null || services.includes(r.service))
    .map((r) => ({ service: r.service, environment, digest: r.digest, configDigest: r.config_digest }));
}

/** What differs, by service and kind; replicas are counted. */
function differencesOf(drift: Drift): ObservationDocument['drift'] {
  const found = new Map<
    string,
    {
      service: string;
      what: ObservationDocument['drift'][number]['what'];
      digest: string;
      containers: number;
      paths: Set<string>;
    }
  >();
  for (const { service, state, container, changes } of drift.containers) {
    if (state === 'as-recorded' || state === 'cannot-say') continue;
    const digest = container.manifestDigests[0] ?? container.configDigest;
    const key = `${service}\0${state}\0${digest}`;
    const known = found.get(key) ?? { service, what: state, digest, containers: 0, paths: new Set<string>() };
    known.containers += 1;
    if (state === 'changed-by-hand') for (const { path, kind } of changes) known.paths.add(`${kind} ${path}`);
    found.set(key, known);
  }
  for (const { deployment, state } of drift.deployments) {
    if (state !== 'gone') continue;
    const { service, digest } = deployment;
    found.set(`${service}\0gone\0${digest}`, { service, what: 'gone', digest, containers: 0, paths: new Set() });
  }
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { paths, ...rest }]) => ({ ...rest, paths: [...paths].sort().slice(0, mostPaths) }));
}

/** Records what was seen running, held against what was recorded as running. Throws `usage` for a span that cannot be. */
export async function observe(ledger: Ledger, request: ObserveRequest): Promise<ObserveResult> {
  const { observation, services, coversMs, written } = request;
  const environment = checkName(request.environment, '--env');
  if (coversMs <= 0 || coversMs > 366 * 86_400_000) {
    throw new CodedError('usage', '--interval is not a span of up to a year', { remedy: 'write it as 15m, 1h or 1d' });
  }
  const at = Date.parse(observation.at);
  const expected = await expectedAt(ledger.reader, environment, at, services);
  // A container that says that it belongs elsewhere is not held against this environment.
  const here = observation.containers.filter((c) => (c.labels['kvitto.environment'] ?? environment) === environment);
  const seen = { ...observation, containers: here };
  const drift = driftOf(seen, expected, { environment, written });
  const differences = differencesOf(drift);
  const document: ObservationDocument = {
    schema: 'kvitto-observation-1',
    environment,
    observation: seen,
    drift: differences,
  };
  const fact: Observed = {
    kind: 'observed',
    environment,
    at: formatInstant(at),
    covers: formatInstant(at + coversMs),
    source: observation.source,
    observation: await putJson(ledger.documents, document),
    containers: here.length,
    drift: differences.length,
  };
  const appended = await ledger.append(checkName(request.actor, '--by'), async () => [fact]);
  return { appended, fact, observation: seen, drift, differences };
}
