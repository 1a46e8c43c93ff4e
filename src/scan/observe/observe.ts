import { CodedError } from '../../model/errors.ts';
import type { Observation, ObservedContainer } from '../../model/observation.ts';
import { type Problem, sortProblems } from '../../model/problem.ts';
import { capProblems } from '../cap-problems.ts';
import { askFirstPlace } from '../daemon-answer.ts';
import { type DaemonPlace, formatPlace } from '../daemon-place.ts';
import type { DaemonWords } from '../daemon-socket.ts';
import { isRecord } from '../json.ts';
import { dockerPlaces, podmanPlaces, whenForbidden } from '../known-daemons.ts';
import { type DaemonAsker, daemonAsker } from './asker.ts';
import { containerReader } from './container.ts';

/** How a host is observed. */
export interface ObserveOptions {
  /** Whether to ask for the files changed in each container; a daemon walks each container's file system for it. */
  readonly changes: boolean;
  /** Open no network connection (the daemon's local socket is none). */
  readonly offline: boolean;
  /** The environment: `DOCKER_HOST`, `CONTAINER_HOST`, `XDG_RUNTIME_DIR`, `HOME` … */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Longest silence of the daemon. */
  readonly idleTimeoutMs: number;
  readonly signal: AbortSignal;
  readonly limits?: Partial<ObserveLimits>;
}

/** What one observation reads at most; what lies beyond is a problem `limit-exceeded`. */
export interface ObserveLimits {
  readonly containers: number;
  /** Changed files that are listed for one container; further ones are counted in `moreChanges`. */
  readonly changesOfOne: number;
  /** Changed files that are listed in all, by the daemon's order of containers; bounds the memory. */
  readonly changes: number;
  /** Bytes of one answer. A changed file needs some 60. */
  readonly answerBytes: number;
  /** For everything; containers that were not reached by then are told as a problem. */
  readonly totalMs: number;
}

const defaultLimits: ObserveLimits = {
  containers: 10_000,
  changesOfOne: 10_000,
  changes: 200_000,
  answerBytes: 32 * 1024 * 1024,
  totalMs: 10 * 60_000,
};
/** Containers that are asked for at one time. */
const atOnce = 4;

/**
 * podman lists no paused containers unless they are asked for, and knows no state of restarting; Docker lists all that have
 * been started and not stopped.
 */
const listPaths = {
  docker: '/containers/json',
  podman: `/containers/json?filters=${encodeURIComponent(JSON.stringify({ status: ['running', 'paused'] }))}`,
} as const;

/**
 * The containers that run on this host, by digest, with the files changed in them, as the daemon tells it over the Docker
 * Engine API (https://docs.docker.com/reference/api/engine/; podman speaks it too). Nothing is changed on the host.
 * It is what one daemon runs: each user's podman, and each of several Docker daemons, is asked for itself.
 * Throws `source-unreachable`, `source-unauthorized`, `source-unsupported`, `limit-exceeded`, `usage`, `config-invalid` or
 * `aborted` where the containers cannot be listed at all. A container that ends meanwhile is left out.
 */
export async function observeDaemon(kind: Observation['source'], options: ObserveOptions): Promise<Observation> {
  const limits = { ...defaultLimits, ...options.limits };
  const words = wordsOf(kind);
  const places = kind === 'docker' ? await dockerPlaces(options.env) : podmanPlaces(options.env);
  const deadline = AbortSignal.timeout(limits.totalMs);
  const signal = AbortSignal.any([options.signal, deadline]);
  const askerAt = (place: DaemonPlace): DaemonAsker =>
    daemonAsker(place, words, options.idleTimeoutMs, signal, limits.answerBytes);
  const at = new Date().toISOString();
  const { place, answer: ids } = await askFirstPlace(words, places, options.offline, async (place) => {
    const where = `${words.name} at ${formatPlace(place)}`;
    try {
      return await listIds(askerAt(place), kind, where);
    } catch (cause) {
      if (!deadline.aborted || options.signal.aborted) throw cause;
      const message = `${where}: its list of containers took more than ${limits.totalMs / 1000} s.`;
      throw new CodedError('source-unreachable', message, { remedy: `Look into the log of ${words.name}.`, cause });
    }
  });
  const read = containerReader(askerAt(place), kind, options.changes);
  const containers: ObservedContainer[] = [];
  const problems: Problem[] = [];
  if (ids.length > limits.containers) problems.push(tooMany(kind, ids.length, limits.containers));
  const chosen = ids.slice(0, limits.containers);
  let room = limits.changes;
  for (let from = 0; from < chosen.length; from += atOnce) {
    if (deadline.aborted) {
      problems.push(tooSlow(kind, chosen.length - from, limits.totalMs));
      break;
    }
    // In the daemon's order, whichever answer comes first: the same host gives the same observation.
    for (const seen of await Promise.all(chosen.slice(from, from + atOnce).map(read))) {
      if (seen === null) continue;
      if ('code' in seen) problems.push(seen);
      else {
        const kept = withMost(seen, Math.min(limits.changesOfOne, room));
        room -= kept.changes?.length ?? 0;
        containers.push(kept);
      }
    }
    if (options.signal.aborted) throw new CodedError('aborted', `Stopped while ${words.name} was asked.`);
  }
  return {
    source: kind,
    at,
    changesAsked: options.changes,
    containers: containers.sort(byNameAndId),
    problems: capProblems(sortProblems(problems), kind),
  };
}

async function listIds(ask: DaemonAsker, kind: Observation['source'], where: string): Promise<string[]> {
  const list = await ask.json(listPaths[kind], 'list of containers');
  const ids = Array.isArray(list)
    ? list.map((item: unknown) => (isRecord(item) && typeof item['Id'] === 'string' ? item['Id'] : ''))
    : [''];
  if (!ids.every((id) => /^[0-9a-f]{64}$/.test(id))) {
    throw new CodedError('source-unsupported', `${where}: its list of containers is none.`, {
      remedy: 'Check that a container daemon listens there.',
    });
  }
  return [...new Set(ids)];
}

function withMost(container: ObservedContainer, most: number): ObservedContainer {
  const { changes } = container;
  if (changes === null || changes.length <= most) return container;
  return { ...container, changes: changes.slice(0, most), moreChanges: changes.length - most };
}

function tooMany(where: string, found: number, most: number): Problem {
  return { code: 'limit-exceeded', where, message: `${found} containers run; the first ${most} of them are listed` };
}

function tooSlow(where: string, left: number, totalMs: number): Problem {
  const message = `the daemon needed more than ${totalMs / 1000} s: ${left} containers were not asked for`;
  return { code: 'limit-exceeded', where, message };
}

function byNameAndId(a: ObservedContainer, b: ObservedContainer): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

function wordsOf(kind: Observation['source']): DaemonWords {
  const instead = 'run this on the machine of the daemon';
  return kind === 'docker'
    ? {
        name: 'Docker',
        whenAbsent: 'Start Docker, or set DOCKER_HOST to where it listens.',
        whenForbidden: whenForbidden.docker,
        instead,
      }
    : {
        name: 'podman',
        whenAbsent:
          'Start its socket (systemctl --user start podman.socket, or podman system service), or set CONTAINER_HOST.',
        whenForbidden: whenForbidden.podman,
        instead,
      };
}
