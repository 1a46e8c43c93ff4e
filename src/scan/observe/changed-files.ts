import type { FileChange, Observation } from '../../model/observation.ts';
import { clip } from '../../model/problem.ts';
import { isRecord, type JsonRecord } from '../json.ts';

const kinds: readonly FileChange['kind'][] = ['changed', 'added', 'deleted'];
/** Linux takes no longer path in a system call. */
const mostPathLength = 4096;

/**
 * What a runtime makes in every container when it starts it, besides the mount points that the daemon tells: the targets of
 * the mounts that each Linux container has (OCI runtime specification, "Default Filesystems"; the files of name resolution;
 * the secrets of a swarm), and what marks a container. Docker makes them in a layer between image and container (moby,
 * daemon/initlayer) and podman leaves most out itself (libpod/diff.go), so that few of them are ever told.
 * The mark of the other runtime is not left out: it would be a name to hide a file under.
 */
const madeInAll: readonly string[] = [
  ...['/dev', '/dev/console', '/dev/mqueue', '/dev/pts', '/dev/shm', '/proc', '/sys'],
  ...['/etc/hostname', '/etc/hosts', '/etc/mtab', '/etc/resolv.conf', '/run/secrets'],
];
const marks = { docker: '/.dockerenv', podman: '/run/.containerenv' } as const;
/** Where docker and podman mount the init program that `--init` asks for. */
const initPrograms: readonly string[] = ['/dev/init', '/run/podman-init', '/sbin/docker-init', '/usr/sbin/docker-init'];

/**
 * Paths that the runtime made itself or mounts something at: those of every container, and the volumes, binds, tmpfs and init
 * program that the inspection of this one (`GET /containers/{id}/json`) tells.
 */
export function runtimePaths(source: Observation['source'], inspected: JsonRecord): string[] {
  const { Mounts: mounts, HostConfig: host } = inspected;
  const named = Array.isArray(mounts) ? mounts.map((m) => (isRecord(m) ? m['Destination'] : undefined)) : [];
  const config = isRecord(host) ? host : {};
  const tmpfs = isRecord(config['Tmpfs']) ? Object.keys(config['Tmpfs']) : [];
  // Only where an init program was asked for, for the same reason as the marks.
  const init = config['Init'] === true ? initPrograms : [];
  const told = [...named, ...tmpfs].filter((path) => typeof path === 'string').filter(isAbsolute);
  return [...told, ...init, ...madeInAll, marks[source]];
}

/**
 * The changed files of a container, from the answer to `GET /containers/{id}/changes` (Docker Engine API; `null` where there
 * are none) and the paths that the runtime made. Null where the answer is none. Left out is what nobody's hand did:
 * - what the runtime made, and the folders above it, when they are told as added: a hand that changes or deletes them later
 *   is told as such. (What lies in a mounted file system is no part of the container's own files, and no daemon tells it.)
 * - folders told as changed which hold a changed entry, or something that the runtime made (podman tells `/etc` for the files
 *   that it made there and leaves out): they are told for the sake of what they hold. A change of such a folder's own mode
 *   or owner looks the same, and is lost here.
 */
export function changedFiles(answer: unknown, madeByRuntime: readonly string[]): FileChange[] | null {
  if (answer === null) return [];
  if (!Array.isArray(answer)) return null;
  const told = new Map<string, FileChange>();
  for (const item of answer as readonly unknown[]) {
    if (!isRecord(item)) return null;
    const { Path: path, Kind: number } = item;
    const kind = typeof number === 'number' ? kinds[number] : undefined;
    if (typeof path !== 'string' || !isAbsolute(path) || kind === undefined) return null;
    told.set(treeKey(path), { path, kind });
  }
  const changes = [...told].sort(byKey);
  const made = new Set(madeByRuntime.flatMap(aliases).map(treeKey));
  const madeInOrder = [...made].sort();
  return changes
    .filter(([key, { kind }], at) => {
      if (kind === 'deleted') return true;
      if (isAbove(key, madeInOrder)) return false;
      // In tree order, what lies in a folder comes right after it.
      return kind === 'added' ? !made.has(key) : !changes[at + 1]?.[0].startsWith(`${key}\0`);
    })
    .map(([, { path, kind }]) => ({ path: clip(path, mostPathLength), kind }));
}

/** Sorts a folder before all that is in it, and that before any other name: no file name holds NUL. */
function treeKey(path: string): string {
  return (path.endsWith('/') ? path.slice(0, -1) : path).replaceAll('/', '\0');
}

/** Debian and others have /var/run as a link to /run: what is mounted at a path below the one lies below the other. */
function aliases(path: string): string[] {
  return path.startsWith('/var/run/') ? [path, path.slice('/var'.length)] : [path];
}

function isAbsolute(path: string): boolean {
  return path.startsWith('/') && path.length > 1 && path.length <= mostPathLength && !path.includes('\0');
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether one of the sorted keys lies below this one. */
function isAbove(key: string, sorted: readonly string[]): boolean {
  const start = `${key}\0`;
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') < start) low = middle + 1;
    else high = middle;
  }
  return sorted[low]?.startsWith(start) ?? false;
}
