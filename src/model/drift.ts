import type { Digest } from './inventory.ts';
import type { FileChange, Observation, ObservedContainer } from './observation.ts';

/** A deployment that should be running, as far as the ledger knows. */
export interface ExpectedDeployment {
  readonly service: string;
  readonly environment: string;
  /** What the deployment was recorded with: a manifest's or index's digest, or that of a configuration. */
  readonly digest: Digest;
  readonly configDigest: Digest | null;
}

export interface DriftOptions {
  /** The environment that this host belongs to; a container's label `kvitto.environment` comes before it. Null: not known. */
  readonly environment: string | null;
  /** Folders and files that the software writes itself (`/var/log`): changes at and below them are nobody's hand. */
  readonly written: readonly string[];
}

/** What told the service of a container. */
export type ServiceSource = 'label' | 'digest' | 'compose' | 'image' | 'name';

/** A running container, held against the deployments. */
export interface ContainerDrift {
  readonly container: ObservedContainer;
  readonly service: string;
  readonly serviceFrom: ServiceSource;
  /** Null where neither a label nor the options tell it. */
  readonly environment: string | null;
  /**
   * `unrecorded`: no deployment of its service is known. `other-digest`: there are some, of other software.
   * `changed-by-hand`: as recorded, but files differ from the image. `cannot-say`: as recorded, but whether files differ was
   * asked and is not known; or a deployment of its service is known by its manifest alone, and the image has none here.
   */
  readonly state: 'as-recorded' | 'unrecorded' | 'other-digest' | 'changed-by-hand' | 'cannot-say';
  /** Whether it is an instance of a deployment. */
  readonly recorded: boolean;
  /** The deployments that it is an instance of; where it is of none, those of its service. In the order given. */
  readonly deployments: readonly ExpectedDeployment[];
  /** Files that differ, without those that the software writes itself. */
  readonly changes: readonly FileChange[];
  /** Changes that the observation only counted. */
  readonly moreChanges: number;
}

/** A deployment, held against what runs. */
export interface DeploymentDrift {
  readonly deployment: ExpectedDeployment;
  /** `gone`: no container runs it. `cannot-say`: none was seen, but not all could be read. */
  readonly state: 'running' | 'gone' | 'cannot-say';
  /** Ids of its containers, in the order of the observation. */
  readonly containers: readonly string[];
}

export interface Drift {
  /** In the order of the observation. */
  readonly containers: readonly ContainerDrift[];
  /** In the order in which they were given. */
  readonly deployments: readonly DeploymentDrift[];
}

/**
 * Holds what was seen running on a host against the deployments that should be running there; give it those of this host or
 * environment alone, for what is not seen is `gone`. A container is an instance of a deployment whose digest is one that the
 * daemon knows its image by: manifest, index or configuration. Any number of containers may be instances of one deployment.
 *
 * The service of a container is, in this order: its label `kvitto.service`; the service of the deployments with its digest;
 * its label `com.docker.compose.service`; the last part of its image's repository; its name. Where several services run the
 * same digest, the one that a later source names; where none does, the container counts for all of them, and takes the name
 * of the first.
 */
export function driftOf(
  observation: Observation,
  expected: readonly ExpectedDeployment[],
  options: DriftOptions = { environment: null, written: [] },
): Drift {
  const known = indexOf(expected);
  const containers = observation.containers.map((container) => {
    const environment = container.labels['kvitto.environment'] ?? options.environment;
    const instance = instanceOf(container, known, environment);
    const { changes, ...files } = filesOf(container, observation.changesAsked, options.written);
    const state = instance.recorded ? files.state : stateOfOther(container, instance.deployments);
    return { container, environment, ...instance, state, changes, moreChanges: container.moreChanges };
  });
  const running = new Map<ExpectedDeployment, string[]>();
  const unclear = new Set<ExpectedDeployment>();
  for (const { container, deployments, recorded, state } of containers) {
    for (const deployment of deployments) {
      if (!recorded && state === 'cannot-say') unclear.add(deployment);
      if (!recorded) continue;
      const ids = running.get(deployment);
      if (ids === undefined) running.set(deployment, [container.id]);
      else ids.push(container.id);
    }
  }
  // A container that could not be read may be the one that is missed.
  const allRead = observation.problems.length === 0;
  return {
    containers,
    deployments: expected.map((deployment) => {
      const ids = running.get(deployment) ?? [];
      const absent = allRead && !unclear.has(deployment) ? 'gone' : 'cannot-say';
      return { deployment, state: ids.length > 0 ? 'running' : absent, containers: ids };
    }),
  };
}

interface Known {
  readonly byDigest: ReadonlyMap<string, readonly ExpectedDeployment[]>;
  readonly byService: ReadonlyMap<string, readonly ExpectedDeployment[]>;
  /** Place of each in the given order. */
  readonly at: ReadonlyMap<ExpectedDeployment, number>;
}

function indexOf(expected: readonly ExpectedDeployment[]): Known {
  const byDigest = new Map<string, ExpectedDeployment[]>();
  const byService = new Map<string, ExpectedDeployment[]>();
  const add = (to: Map<string, ExpectedDeployment[]>, key: string, deployment: ExpectedDeployment): void => {
    const list = to.get(key);
    if (list === undefined) to.set(key, [deployment]);
    else list.push(deployment);
  };
  for (const deployment of expected) {
    add(byService, deployment.service, deployment);
    const { digest, configDigest } = deployment;
    for (const key of new Set([digest, configDigest])) if (key !== null) add(byDigest, key, deployment);
  }
  return { byDigest, byService, at: new Map(expected.map((deployment, at) => [deployment, at])) };
}

type Instance = Pick<ContainerDrift, 'service' | 'serviceFrom' | 'recorded' | 'deployments'>;

function instanceOf(container: ObservedContainer, known: Known, environment: string | null): Instance {
  const here = (d: ExpectedDeployment): boolean => environment === null || d.environment === environment;
  const digests = [container.configDigest, ...container.manifestDigests];
  const sameDigest = [...new Set(digests.flatMap((digest) => known.byDigest.get(digest) ?? []))]
    .filter(here)
    .sort((a, b) => (known.at.get(a) ?? 0) - (known.at.get(b) ?? 0));
  const names = namesOf(container);
  const [label] = names;
  const services = new Set(sameDigest.map(({ service }) => service));
  if (services.size > 0 && (label?.[1] !== 'label' || services.has(label[0]))) {
    const hint = names.find(([name]) => services.has(name));
    if (hint !== undefined || services.size === 1) {
      const service = hint?.[0] ?? [...services][0] ?? '';
      const serviceFrom = label?.[1] === 'label' ? 'label' : 'digest';
      return { service, serviceFrom, recorded: true, deployments: sameDigest.filter((d) => d.service === service) };
    }
    return { service: [...services].sort()[0] ?? '', serviceFrom: 'digest', recorded: true, deployments: sameDigest };
  }
  const [service, serviceFrom] = label ?? [container.name, 'name'];
  return { service, serviceFrom, recorded: false, deployments: (known.byService.get(service) ?? []).filter(here) };
}

/** What a container may be called, best source first. */
function namesOf({ labels, image, configDigest, name }: ObservedContainer): (readonly [string, ServiceSource])[] {
  const repository = image.replace(/@.*$/s, '').split('/').at(-1)?.replace(/:.*$/s, '') ?? '';
  const isId =
    image.startsWith('sha256:') || (image.length >= 12 && configDigest.slice('sha256:'.length).startsWith(image));
  const names: readonly (readonly [string | undefined, ServiceSource])[] = [
    [labels['kvitto.service'], 'label'],
    [labels['com.docker.compose.service'], 'compose'],
    [isId ? '' : repository, 'image'],
    [name, 'name'],
  ];
  return names.flatMap(([text, source]) => (text ? [[text, source] as const] : []));
}

/** The state of a container of none of these deployments, which are those of its service. */
function stateOfOther(
  container: ObservedContainer,
  deployments: readonly ExpectedDeployment[],
): 'unrecorded' | 'other-digest' | 'cannot-say' {
  if (deployments.length === 0) return 'unrecorded';
  const isComparable = (d: ExpectedDeployment): boolean =>
    d.configDigest !== null || container.manifestDigests.length > 0;
  return deployments.every(isComparable) ? 'other-digest' : 'cannot-say';
}

/** The state of a container whose software is as recorded, by its files. */
function filesOf(
  { changes, moreChanges }: ObservedContainer,
  asked: boolean,
  written: readonly string[],
): { state: 'as-recorded' | 'changed-by-hand' | 'cannot-say'; changes: readonly FileChange[] } {
  if (changes === null) return { state: asked ? 'cannot-say' : 'as-recorded', changes: [] };
  const folders = written.map((path) => path.replace(/\/+$/, ''));
  const byHand = changes.filter(
    ({ path }) => !folders.some((folder) => path === folder || path.startsWith(`${folder}/`)),
  );
  if (byHand.length > 0 || (moreChanges > 0 && written.length === 0))
    return { state: 'changed-by-hand', changes: byHand };
  // Those that are only counted may all be the software's own, or not.
  return { state: moreChanges > 0 ? 'cannot-say' : 'as-recorded', changes: byHand };
}
