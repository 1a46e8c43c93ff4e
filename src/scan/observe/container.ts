import { CodedError, messageOf } from '../../model/errors.ts';
import type { Digest } from '../../model/inventory.ts';
import { type FileChange, type Observation, type ObservedContainer, observedLabels } from '../../model/observation.ts';
import { clip, type Problem } from '../../model/problem.ts';
import { isDigest } from '../digest.ts';
import { isRecord, type JsonRecord, stringsOf } from '../json.ts';
import type { DaemonAsker } from './asker.ts';
import { changedFiles, runtimePaths } from './changed-files.ts';

const accounts: ReadonlySet<string> = new Set(['/etc/group', '/etc/passwd']);
/** From the creation of a container to the end of its first start, where one follows the other at once. */
const firstStartMs = 10_000;

interface ImageDigests {
  readonly manifests: readonly Digest[];
  readonly problems: readonly Problem[];
}

/**
 * Reads containers one by one, by id: what runs in it; a problem where that cannot be read; null where it runs no more.
 * A question that was stopped is a problem too. Throws only bugs.
 */
export function containerReader(
  ask: DaemonAsker,
  kind: Observation['source'],
  withChanges: boolean,
): (id: string) => Promise<ObservedContainer | Problem | null> {
  const images = new Map<string, Promise<ImageDigests>>();
  const digestsOf = (id: Digest): Promise<ImageDigests> => {
    const known = images.get(id) ?? readImage(ask, kind, id);
    images.set(id, known);
    return known;
  };
  return async (id) => {
    const where = `${kind} container ${id.slice(0, 12)}`;
    let inspected: unknown;
    try {
      inspected = await ask.json(`/containers/${id}/json`, where);
    } catch (error) {
      return problemOf(error, where);
    }
    if (inspected === undefined) return null;
    if (!isRecord(inspected)) return { code: 'malformed', where, message: 'its inspection is no object' };
    if (!isRunning(inspected)) return null;
    const facts = factsOf(inspected, id);
    if (facts === null) return { code: 'malformed', where, message: 'its inspection names no image id or start' };
    const [digests, files] = await Promise.all([
      digestsOf(facts.configDigest),
      withChanges ? readChanges(ask, kind, facts, inspected) : { changes: null, problems: [] },
    ]);
    if (files === null) return null;
    return {
      ...facts,
      manifestDigests: [...new Set([...digests.manifests, ...manifestIn(inspected)])].sort(),
      changes: files.changes,
      moreChanges: 0,
      problems: [...digests.problems, ...files.problems],
    };
  };
}

type Facts = Pick<ObservedContainer, 'id' | 'name' | 'image' | 'configDigest' | 'labels' | 'startedAt'>;

function factsOf(inspected: JsonRecord, id: string): Facts | null {
  const { Name: name, Image: image, Config: config, State: state } = inspected;
  const configDigest = typeof image === 'string' && /^[0-9a-f]{64}$/.test(image) ? `sha256:${image}` : image;
  const startedAt = instantOf(isRecord(state) ? state['StartedAt'] : undefined);
  if (!isDigest(configDigest) || startedAt === null) return null;
  const { Image: asNamed, Labels: labels } = isRecord(config) ? config : ({} as JsonRecord);
  return {
    id,
    name: printable(typeof name === 'string' ? name.replace(/^\//, '') : '') || id.slice(0, 12),
    image: printable(typeof asNamed === 'string' ? asNamed : '') || configDigest,
    configDigest,
    labels: labelsOf(labels),
    startedAt,
  };
}

function labelsOf(labels: unknown): ObservedContainer['labels'] {
  if (!isRecord(labels)) return {};
  const entries = observedLabels.flatMap((name) => {
    const value = labels[name];
    return typeof value === 'string' && value !== '' ? [[name, printable(value)] as const] : [];
  });
  return Object.fromEntries(entries);
}

/** Both daemons say `Running` of a paused container too, and Docker of one between two starts. */
function isRunning(inspected: JsonRecord): boolean {
  const state = inspected['State'];
  return !isRecord(state) || state['Running'] !== false;
}

async function readChanges(
  ask: DaemonAsker,
  kind: Observation['source'],
  { id, name }: Facts,
  inspected: JsonRecord,
): Promise<Pick<ObservedContainer, 'changes' | 'problems'> | null> {
  const where = `${kind} container ${name}`;
  try {
    const answer = await ask.json(`/containers/${id}/changes`, `changed files of ${where}`);
    if (answer === undefined) return null;
    const changes = changedFiles(answer, runtimePaths(kind, inspected));
    if (changes !== null) {
      const own = kind === 'podman' ? await accountsOfPodman(ask, id, inspected, changes) : new Set();
      return { changes: changes.filter(({ path }) => !own.has(path)), problems: [] };
    }
    const message = 'its list of changed files is none: they are not known';
    return { changes: null, problems: [{ code: 'malformed', where, message }] };
  } catch (error) {
    const problem = problemOf(error, where);
    // podman answers with status 500 where the container is gone.
    const again = await ask.json(`/containers/${id}/json`, where).catch((e: unknown) => problemOf(e, where));
    return again === undefined || (isRecord(again) && !isRunning(again))
      ? null
      : { changes: null, problems: [problem] };
  }
}

/**
 * Where a container is to run as a user or group that its image does not name, podman writes them into /etc/passwd and
 * /etc/group when it first starts it (libpod/container_internal_common.go). Written later, they were changed by a hand.
 */
async function accountsOfPodman(
  ask: DaemonAsker,
  id: string,
  inspected: JsonRecord,
  changes: readonly FileChange[],
): Promise<ReadonlySet<string>> {
  const config = inspected['Config'];
  const created = instantOf(inspected['Created']);
  const own = new Set<string>();
  if (created === null || !isRecord(config) || !config['User']) return own;
  for (const { path, kind } of changes) {
    if (!accounts.has(path) || kind === 'deleted') continue;
    const written = instantOf(await ask.fileTime(id, path));
    if (written !== null && Date.parse(written) - Date.parse(created) <= firstStartMs) own.add(path);
  }
  return own;
}

/** Digests under which the daemon knows an image: of manifests and indexes, from its repositories. */
async function readImage(ask: DaemonAsker, kind: Observation['source'], id: Digest): Promise<ImageDigests> {
  const where = `image ${id}`;
  try {
    const image = await ask.json(`/images/${encodeURIComponent(id)}/json`, where);
    if (image === undefined) {
      const message = 'the daemon holds it no more: the digest of its manifest is not known';
      return { manifests: [], problems: [{ code: 'unreadable', where, message }] };
    }
    if (isRecord(image)) {
      const named = stringsOf(image['RepoDigests']).map((text) => text.slice(text.lastIndexOf('@') + 1));
      const manifests = [...named, digestIn(image['Descriptor'])].filter(isDigest);
      if (kind === 'docker' || manifests.length > 0) return { manifests, problems: [] };
      // podman forgets the digests together with the name when that goes to another image; its own API still tells one.
      const own = await ask.json(`/v4.0.0/libpod/images/${id.slice('sha256:'.length)}/json`, where);
      return { manifests: isRecord(own) ? [own['Digest']].filter(isDigest) : [], problems: [] };
    }
    return { manifests: [], problems: [{ code: 'malformed', where, message: 'its inspection is no object' }] };
  } catch (error) {
    return { manifests: [], problems: [problemOf(error, where)] };
  }
}

/** Since version 1.48 of Docker's API: the manifest that a container was made from, of an image for many platforms. */
function manifestIn(inspected: JsonRecord): Digest[] {
  return [digestIn(inspected['ImageManifestDescriptor'])].filter(isDigest);
}

function digestIn(descriptor: unknown): unknown {
  return isRecord(descriptor) ? descriptor['digest'] : undefined;
}

function problemOf(error: unknown, where: string): Problem {
  if (!(error instanceof CodedError)) throw error;
  const codes = new Map<string, Problem['code']>([
    ['limit-exceeded', 'limit-exceeded'],
    ['document-invalid', 'malformed'],
  ]);
  return { code: codes.get(error.code) ?? 'unreadable', where, message: messageOf(error) };
}

/** A daemon writes RFC 3339 with nine digits of a second, podman in the zone of its host. */
function instantOf(text: unknown): string | null {
  if (typeof text !== 'string' || text.length > 40) return null;
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (parts === null) return null;
  const at = new Date(`${parts[1]}.${(parts[2] ?? '').slice(0, 3).padEnd(3, '0')}${parts[3]}`);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

function printable(text: string): string {
  // A pair of surrogates may be cut in two, which canonical JSON cannot hold.
  return clip(text, 256).toWellFormed();
}
