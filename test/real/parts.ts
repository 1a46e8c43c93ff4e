// Finds the real tools that the end-to-end tests need, and runs them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missing } from './tool.ts';

export const root = join(import.meta.dirname, '../..');

/** Folder with real advisory feeds, one sub-folder per date; null where this machine has none. */
export function feedsFolder(date: string): string | null {
  const folder = join(process.env['KVITTO_FEEDS'] ?? join(root, '../shared/feeds'), date);
  return existsSync(folder) ? folder : null;
}

/** The reason to skip, or false: what `test(…, { skip })` takes. */
export function skipWithout(commands: readonly string[], alsoRoot = false): string | false {
  const absent = missing(...commands);
  if (absent !== null) return `LEFT OUT: ${absent}`;
  if (alsoRoot && process.getuid?.() !== 0) return 'LEFT OUT: needs root to build a root file system';
  return false;
}

/** Runs a command to its end and returns its standard output; throws with its standard error when it fails. */
export function run(
  command: string,
  args: readonly string[],
  options: { cwd?: string; input?: string; env?: NodeJS.ProcessEnv } = {},
): string {
  const done = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 512 * 1024 * 1024,
    timeout: 300_000,
    ...options,
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, ...options.env },
  });
  if (done.status !== 0) {
    throw new Error(
      `${command} ${args.join(' ')} ended with ${done.status ?? done.signal}: ${done.stderr || done.error?.message}`,
    );
  }
  return done.stdout;
}

/** A scratch folder that is removed when the process ends. */
export function scratch(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `kvitto-${name}-`));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface KvittoRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line from source, with its own home and without a terminal. */
export function kvitto(
  args: readonly string[],
  options: { home: string; cwd?: string; input?: string; env?: NodeJS.ProcessEnv },
): KvittoRun {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin/kvitto.js'), ...args], {
    encoding: 'utf8',
    maxBuffer: 512 * 1024 * 1024,
    timeout: 300_000,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.input === undefined ? {} : { input: options.input }),
    env: { ...process.env, NO_COLOR: '1', KVITTO_HOME: options.home, ...options.env },
  });
  return { status, stdout, stderr };
}
