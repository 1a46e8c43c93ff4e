// What the pipeline tests have in common: a project with the invented image, a shell that behaves like that of the service, and names
// that try to be commands.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { root, run } from '../real/parts.ts';

/** The day on which the advisories of the demo are one day old. */
export const demoDay = { SOURCE_DATE_EPOCH: String(Date.parse('2026-11-13T00:00:00Z') / 1000) };
export const demoDigest = 'sha256:c633cd897965912e51b9fc8b76906e93cd320417b26c3d53814ca32f909cdbf3';
export const demoFeeds = join(root, 'demo/feeds');

/** A YAML file of the project. */
export function yamlOf(file: string): unknown {
  return parse(readFileSync(join(root, file), 'utf8'));
}

/** A folder like a checkout of somebody's project: the invented image, and the policy of the demo. */
export function projectIn(folder: string): string {
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, 'demo/shop.tar'), join(folder, 'shop.tar'));
  cpSync(join(root, 'demo/kvitto.yaml'), join(folder, 'kvitto.yaml'));
  return folder;
}

/** A copy of what of this project is in Git or would be, without dependencies: what somebody else's checkout of it holds. */
export function checkoutIn(folder: string): string {
  const listed = run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root });
  // Sources and what the hooks need; data of tests are not read.
  const wanted = listed
    .split('\0')
    .filter((file) => file !== '' && !/(?:^|\/)testdata\/|^(?:test|bench|docs)\//.test(file));
  for (const file of wanted) {
    // The link to somebody's dependencies is no part of it.
    if (file === 'node_modules') continue;
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(root, file), join(folder, file));
  }
  return folder;
}

/** Lends a checkout the dependencies of this one. */
export function withDependencies(folder: string): string {
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

/** A folder for the PATH in which `kvitto` is this checkout. */
export function kvittoOnPath(folder: string): string {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'kvitto');
  writeFileSync(file, `#!/bin/sh\nexec "${process.execPath}" "${join(root, 'bin/kvitto.js')}" "$@"\n`);
  chmodSync(file, 0o755);
  return folder;
}

/** How a script ended. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a script with a shell and nothing else in its environment than a PATH and what is given. */
export function shell(
  command: readonly string[],
  { cwd, env, path = [] }: { cwd: string; env: Readonly<Record<string, string>>; path?: readonly string[] },
): Ended {
  const [program = '', ...args] = command;
  const folders = [...path, dirname(process.execPath), process.env['PATH'] ?? '', '/usr/sbin', '/sbin'];
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    input: '',
    timeout: 120_000,
    maxBuffer: 64 * 1024 * 1024,
    env: { PATH: folders.join(':'), LC_ALL: 'C.UTF-8', NO_COLOR: '1', ...env },
  });
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}

/** Texts that would leave the file `touched` behind if a shell ever read them. */
export const hostileTexts = [
  '$(touch touched)`touch touched`"; touch touched; "\'; touch touched; \'; touch touched #',
  '\ntouch touched\n',
  '--offline',
  '-',
  '| touch touched',
] as const;

/** Makes a folder that nobody can assess, below one whose name is a command of the runner if it is printed as it is. */
export function hostileFolder(folder: string, command: string): void {
  mkdirSync(join(folder, command), { recursive: true });
  writeFileSync(join(folder, command, 'package.json'), '{"name":"x","dependencies":{"y":"1"}}');
}

/** What npm needs to reach its registry from this machine. */
export function npmEnvironment(): Record<string, string> {
  const wanted = /^npm_config_|^(?:https?|no|all)_proxy$|^NODE_EXTRA_CA_CERTS$|^SSL_CERT_(?:FILE|DIR)$|^HOME$/i;
  const found = Object.entries(process.env).flatMap(([name, value]): [string, string][] =>
    value !== undefined && wanted.test(name) ? [[name, value]] : [],
  );
  return { ...Object.fromEntries(found), npm_config_prefer_offline: 'true', npm_config_fetch_retries: '0' };
}
