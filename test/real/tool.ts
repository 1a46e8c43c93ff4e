import { execFile, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
/** Debian package of a program that these tests use. */
const packages: Readonly<Record<string, string>> = {
  'docker-registry': 'docker-registry',
  htpasswd: 'apache2-utils',
  openssl: 'openssl',
  skopeo: 'skopeo',
  umoci: 'umoci',
  dockerd: 'docker.io',
  docker: 'docker.io',
  'apt-cache': 'apt',
  go: 'golang-go',
  podman: 'podman',
  runc: 'runc',
};

/** Why a test with these programs cannot run, with the remedy; null where all are there. */
export function missing(...programs: string[]): string | null {
  const absent = programs.filter((program) => pathOf(program) === null);
  if (absent.length === 0) return null;
  const names = absent.map((program) => packages[program] ?? program);
  return `${absent.join(', ')} not installed: apt-get install ${names.join(' ')}`;
}

function pathOf(program: string): string | null {
  for (const folder of [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin']) {
    const path = join(folder, program);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // The next folder may have it.
    }
  }
  return null;
}

/** Runs a program to its end, without a shell, at most two minutes; its standard output. Throws with all it wrote. */
export async function run(program: string, args: readonly string[], cwd?: string): Promise<string> {
  try {
    const { stdout } = await execute(pathOf(program) ?? program, [...args], {
      timeout: 120_000,
      maxBuffer: 64 * 1024 * 1024,
      ...(cwd === undefined ? {} : { cwd }),
    });
    return stdout;
  } catch (error) {
    const { stderr = '', stdout = '' } = error as { stderr?: string; stdout?: string };
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

/** A server that a test started. */
export interface RunningServer {
  readonly pid: number;
  /** What it wrote so far on both outputs. */
  log(): string;
  /** Ends it and waits for its end. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts a server and waits until `ready` says so, at most 20 s. It is ended with this process at the latest.
 * `ready` is asked again after each output and every 50 ms.
 */
export async function startServer(
  program: string,
  args: readonly string[],
  ready: (log: string) => boolean | Promise<boolean>,
  options: SpawnOptions = {},
): Promise<RunningServer> {
  const child = spawn(pathOf(program) ?? program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  const keep = (chunk: Buffer): void => {
    log = (log + chunk.toString()).slice(-200_000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const failed = once(child, 'spawn').then(
    () => null,
    (error: Error) => error,
  );
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const kill = (): void => {
    child.kill('SIGKILL');
  };
  process.once('exit', kill);
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const stop = async (): Promise<void> => {
    if (!isOver()) child.kill('SIGTERM');
    const timer = setTimeout(kill, 8_000);
    await ended;
    clearTimeout(timer);
    process.removeListener('exit', kill);
  };
  const error = await failed;
  if (error !== null) throw error;
  for (let tries = 0; tries < 400; tries++) {
    if (await ready(log)) return { pid: child.pid ?? 0, log: () => log, stop };
    if (isOver()) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await stop();
  throw new Error(`${program} did not come up:\n${log}`);
}
