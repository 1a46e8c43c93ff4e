import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { closedPort } from '../../src/alerts/testing/bad-receivers.ts';

const execute = promisify(execFile);

/** A private PostgreSQL of a test process, on a free port of 127.0.0.1. */
export interface PostgresServer {
  /** Process id of the postmaster. */
  readonly pid: number;
  /** Address of a database, whether it is there or not. */
  url(database: string): string;
  /** Address of a new, empty database. */
  fresh(): Promise<string>;
  /** Ends the server with all its connections at once, as a loss of power would: SIGKILL to the postmaster and its children. */
  kill(): Promise<void>;
  /** Starts it again after `kill` or `halt`. */
  start(): Promise<void>;
  /** Ends it in good order; its data stay. */
  halt(): Promise<void>;
  /** Ends it and removes its data. */
  stop(): Promise<void>;
}

interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

/** PostgreSQL refuses to run as root. */
function account(): Account {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }).trim());
  return { uid: id('-u'), gid: id('-g') };
}

/** Folder of the newest server's programs, in the place where Debian puts them. */
function programs(): string {
  const versions = readdirSync('/usr/lib/postgresql').filter((v) => /^\d+$/.test(v));
  const newest = versions.sort((a, b) => Number(a) - Number(b)).at(-1);
  const folder = `/usr/lib/postgresql/${newest}/bin`;
  execFileSync(join(folder, 'postgres'), ['--version']);
  return folder;
}

/** Why no PostgreSQL can be started here, with the remedy; null where one can. Tests print it where they are left out. */
export function postgresMissing(): string | null {
  try {
    programs();
    account();
    return null;
  } catch {
    return 'no PostgreSQL server can be started here: apt-get install postgresql. NOTHING of the ledger on PostgreSQL was tested';
  }
}

const isOver = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;

async function ended(child: ChildProcess): Promise<void> {
  if (!isOver(child)) await new Promise<void>((resolve) => child.once('close', () => resolve()));
}

/** Starts the server's process and waits until it takes connections, at most 30 s. */
async function launch(bin: string, data: string, port: number, settings: readonly string[]): Promise<ChildProcess> {
  const child = spawn(
    join(bin, 'postgres'),
    ['-D', data, '-p', `${port}`, '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=', ...settings],
    { ...account(), stdio: ['ignore', 'ignore', 'pipe'], cwd: data },
  );
  let log = '';
  const ready = Promise.withResolvers<void>();
  child.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-50_000);
    if (log.includes('ready to accept connections')) ready.resolve();
  });
  child.once('error', ready.reject);
  child.once('close', () => ready.reject(new Error(`postgres did not come up:\n${log}`)));
  const timer = setTimeout(() => ready.reject(new Error(`postgres did not come up in time:\n${log}`)), 30_000);
  try {
    await ready.promise;
    return child;
  } catch (error) {
    child.kill('SIGQUIT');
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function childrenOf(pid: number): number[] {
  try {
    const list = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return list === '' ? [] : list.split(' ').map(Number);
  } catch {
    return [];
  }
}

/**
 * Starts a PostgreSQL of its own, with data in a folder of its own: about a second. Texts sort by the rules of English there, as
 * in many a real database, so that an order which is left to the database shows. `settings`: as `fsync=off`.
 * Ask `postgresMissing` first.
 */
export async function startPostgres(settings: readonly string[] = []): Promise<PostgresServer> {
  const bin = programs();
  const who = account();
  const folder = mkdtempSync(join(tmpdir(), 'kvitto-postgres-'));
  const data = join(folder, 'data');
  if (who.uid !== undefined && who.gid !== undefined) chownSync(folder, who.uid, who.gid);
  const locale = ['--encoding=UTF8', '--locale=C.UTF-8', '--locale-provider=icu', '--icu-locale=en-US'];
  const form = ['--auth=trust', '--username=postgres', '--no-instructions', ...locale];
  const flags = settings.flatMap((setting) => ['-c', setting]);
  let port = 0;
  let child: ChildProcess;
  try {
    await execute(join(bin, 'initdb'), ['-D', data, ...form], { ...who, cwd: folder, timeout: 60_000 });
    port = await closedPort();
    child = await launch(bin, data, port, flags);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  // SIGQUIT: at once, without waiting for clients, but leaving no shared memory behind.
  const abandon = () => child.kill('SIGQUIT');
  process.once('exit', abandon);
  const url = (database: string) => `postgresql://postgres@127.0.0.1:${port}/${database}`;
  let count = 0;
  const halt = async (): Promise<void> => {
    if (!isOver(child)) child.kill('SIGINT');
    await ended(child);
  };
  return {
    get pid() {
      return child.pid ?? 0;
    },
    url,
    async fresh() {
      count += 1;
      const name = `ledger_${count}`;
      const client = new pg.Client({ connectionString: url('postgres') });
      await client.connect();
      try {
        await client.query(`CREATE DATABASE ${name}`);
      } finally {
        await client.end();
      }
      return url(name);
    },
    async kill() {
      const all = childrenOf(child.pid ?? 0);
      child.kill('SIGKILL');
      for (const pid of all) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It ended by itself in the meantime.
        }
      }
      await ended(child);
    },
    async start() {
      if (isOver(child)) child = await launch(bin, data, port, flags);
    },
    halt,
    async stop() {
      await halt();
      process.removeListener('exit', abandon);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
