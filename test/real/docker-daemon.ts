import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { missing, run, startServer } from './tool.ts';

/** A Docker or podman daemon of its own, with its own images, at a socket in a temporary folder. */
export interface ContainerDaemon {
  readonly socket: string;
  /** `unix://…`, for `DOCKER_HOST` or `CONTAINER_HOST`. */
  readonly host: string;
  log(): string;
  /** Loads an archive that `docker save` or skopeo (`docker-archive:`) wrote. */
  load(archive: string): Promise<void>;
  stop(): Promise<void>;
}

/** Why `startDockerDaemon` cannot work here; null where it can. */
export function whyNoDocker(): string | null {
  if (process.getuid?.() !== 0) return 'dockerd needs root: run this test as root';
  return missing('dockerd');
}

/** Why `startPodman` cannot work here; null where it can. */
export function whyNoPodman(): string | null {
  if (process.getuid?.() !== 0) return 'the storage of podman needs root here: run this test as root';
  return missing('podman');
}

/** Debian's dockerd without network; ready in about a second. Its folder is removed when it is stopped. */
export async function startDockerDaemon(): Promise<ContainerDaemon> {
  return await withEitherDriver('overlay2', async (driver) => {
    const folder = await mkdtemp(join(tmpdir(), 'kvitto-docker-'));
    const socket = join(folder, 'd.sock');
    await writeFile(join(folder, 'daemon.json'), '{}');
    return await start(folder, socket, 'dockerd', [
      ...['--config-file', join(folder, 'daemon.json'), '--data-root', join(folder, 'data')],
      ...['--exec-root', join(folder, 'exec'), '-p', join(folder, 'd.pid'), '-H', `unix://${socket}`],
      ...['--bridge=none', '--iptables=false', '--ip6tables=false', '--storage-driver', driver],
    ]);
  });
}

/** `podman system service` with its own storage. Its folder is removed when it is stopped. */
export async function startPodman(): Promise<ContainerDaemon> {
  return await withEitherDriver('overlay', async (driver) => {
    const folder = await mkdtemp(join(tmpdir(), 'kvitto-podman-'));
    const socket = join(folder, 'p.sock');
    const config = join(folder, 'containers.conf');
    await writeFile(config, podmanConfig());
    const env = { ...process.env, CONTAINERS_CONF: config };
    const args = [
      ...['--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--tmpdir', join(folder, 'tmp')],
      ...['--storage-driver', driver, '--cgroup-manager', 'cgroupfs', '--events-backend', 'none'],
      ...['system', 'service', '--time', '0', `unix://${socket}`],
    ];
    return await start(folder, socket, 'podman', args, env);
  });
}

/**
 * What podman needs to run a container where this process is in one itself: its own limits are above what root may set
 * there, and crun wants control groups that such a machine may not have.
 */
function podmanConfig(): string {
  const runtime = missing('runc') === null ? '[engine]\nruntime = "runc"\n' : '';
  return `[containers]\ndefault_ulimits = ["nofile=1024:20000", "nproc=4096:32768"]\n${runtime}`;
}

/** An overlay is faster and smaller by far, but not every file system of a temporary folder can hold one. */
async function withEitherDriver(
  overlay: string,
  startWith: (driver: string) => Promise<ContainerDaemon>,
): Promise<ContainerDaemon> {
  try {
    return await startWith(overlay);
  } catch {
    return await startWith('vfs');
  }
}

async function start(
  folder: string,
  socket: string,
  program: string,
  args: string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<ContainerDaemon> {
  const remove = async (): Promise<void> => {
    // The overlay driver of podman leaves its own folder mounted.
    const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' ')[1] ?? '');
    for (const mount of mounts.filter((path) => path.startsWith(`${folder}/`)).reverse()) await run('umount', [mount]);
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  const server = await startServer(program, args, () => answers(socket), { cwd: folder, env }).catch(
    async (error: unknown) => {
      await remove();
      throw error;
    },
  );
  return {
    socket,
    host: `unix://${socket}`,
    log: server.log,
    load: (archive) => load(socket, archive),
    stop: async () => {
      await server.stop();
      await endWhatWatches(folder);
      await remove();
    },
  };
}

/** podman's monitors of commands in containers wait five minutes for somebody to ask how those ended. They name the folder. */
async function endWhatWatches(folder: string): Promise<void> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (!words.split('\0').some((word) => word.startsWith(`${folder}/`))) continue;
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
}

async function load(socketPath: string, archive: string): Promise<void> {
  const { size } = await stat(archive);
  const headers = { 'content-type': 'application/x-tar', 'content-length': size };
  const upload = request({ socketPath, path: '/images/load?quiet=1', method: 'POST', headers, agent: false });
  const [[response]] = await Promise.all([
    once(upload, 'response', { signal: AbortSignal.timeout(120_000) }) as Promise<[IncomingMessage]>,
    pipeline(createReadStream(archive), upload),
  ]);
  const answer = Buffer.concat(await response.toArray()).toString('utf8');
  if (response.statusCode !== 200 || answer.includes('"error"'))
    throw new Error(`load of ${archive} failed: ${answer}`);
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const ping = request({ socketPath, path: '/_ping', agent: false, timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    ping.on('timeout', () => ping.destroy());
    ping.on('error', () => resolve(false));
    ping.end();
  });
}
