// Runs the command line on bad input and holds every run against what must be true of all of them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../real/parts.ts';

/** The day on which the feeds of the demo are fresh. */
export const demoDay = String(Date.parse('2026-11-13T00:00:00Z') / 1000);

export interface Setting {
  readonly home: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string | Buffer;
  /** Standard output goes to this file instead. */
  readonly stdout?: string;
  readonly user?: number;
  /** Sends this signal once `when` says so of the process. */
  readonly kill?: { readonly signal: NodeJS.Signals; readonly when: () => boolean };
}

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Largest resident set in bytes; 0 where it could not be told. */
  readonly peakBytes: number;
}

const limitMs = 60_000;
/**
 * Told on a stream of its own, so that standard error stays what a user sees. Not `resourceUsage`: Linux counts the memory
 * of the process that forked into it.
 */
const preload = `import{readFileSync,writeSync}from'node:fs';process.on('exit',()=>{try{writeSync(3,/VmHWM:\\s*(\\d+)/.exec(readFileSync('/proc/self/status','utf8'))[1])}catch{}})`;

/** Runs to the end, at most a minute. */
export async function run(args: readonly string[], setting: Setting): Promise<Ended> {
  const file = setting.stdout === undefined ? null : openSync(setting.stdout, 'w');
  const child = spawn(process.execPath, [join(root, 'bin/kvitto.js'), ...args], {
    cwd: setting.cwd ?? setting.home,
    stdio: ['pipe', file ?? 'pipe', 'pipe', 'pipe'],
    timeout: limitMs,
    killSignal: 'SIGKILL',
    ...(setting.user === undefined ? {} : { uid: setting.user, gid: setting.user }),
    env: {
      PATH: process.env['PATH'],
      HOME: setting.home,
      TMPDIR: process.env['TMPDIR'],
      NO_COLOR: '1',
      SOURCE_DATE_EPOCH: demoDay,
      KVITTO_HOME: setting.home,
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(preload)}`,
      ...setting.env,
    },
  });
  if (file !== null) closeSync(file);
  const texts = ['', '', ''];
  for (const [at, stream] of [child.stdout, child.stderr, child.stdio[3]].entries()) {
    if (stream === null || stream === undefined || !('setEncoding' in stream)) continue;
    stream.setEncoding('utf8').on('data', (text: string) => {
      texts[at] += text;
    });
  }
  child.stdin?.on('error', () => {});
  child.stdin?.end(setting.input ?? '');
  const { kill } = setting;
  const watch = setInterval(() => {
    if (kill?.when() !== true) return;
    clearInterval(watch);
    child.kill(kill.signal);
  }, 5);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  }).finally(() => clearInterval(watch));
  const [stdout = '', stderr = '', peak = ''] = texts;
  return { status, stdout, stderr, peakBytes: Number(peak) * 1024 };
}

/** Line ends and, in documents, tabs are the only control characters that a terminal or a log may get. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** What holds for every run, whatever its input: this exit code, no stack, no control characters. */
export function orderly(ended: Ended, exit: number): void {
  const told = `${ended.stderr}\n${ended.stdout.slice(0, 2000)}`;
  assert.equal(ended.status, exit, told);
  for (const text of [ended.stdout, ended.stderr]) {
    const bad = text.replaceAll('\n', '').match(unprintable) ?? [];
    assert.deepEqual(bad, [], told);
    assert.doesNotMatch(text, /^\s+at .*(node:|\.ts:\d)/m, told);
    assert.ok(!text.includes('this is a bug'), told);
    assert.ok(!text.includes('s3cr3t'), told);
  }
}

/** A run that could not do its work: nothing on standard output, one message that names `place`, and what to do. */
export function refused(ended: Ended, exit: number, place: string | RegExp, remedy: RegExp | null = /./): void {
  orderly(ended, exit);
  assert.equal(ended.stdout, '', ended.stderr);
  const [message = '', ...rest] = ended.stderr.trimEnd().split('\n');
  assert.match(message, /^(kvitto|error): /);
  if (typeof place === 'string') assert.ok(message.includes(place), ended.stderr);
  else assert.match(message, place);
  if (remedy === null) return;
  assert.equal(rest.length, 1, ended.stderr);
  assert.match(rest[0] ?? '', /^ {2}→ .+/, ended.stderr);
  assert.match(rest[0] ?? '', remedy, ended.stderr);
}

export interface Told {
  readonly complete: boolean;
  readonly artifact: { readonly name: string };
  readonly problems: readonly { readonly code: string; readonly where: string; readonly message: string }[];
  readonly components: readonly { readonly purl: string }[];
  readonly findings: readonly { readonly id: string; readonly component: string }[];
  readonly verdict: { readonly kind: string };
}

/** A report that says it is not complete: its problems, and exit code 3. */
export function incomplete(ended: Ended): Told {
  orderly(ended, 3);
  const told: Told = JSON.parse(ended.stdout);
  assert.equal(told.complete, false);
  assert.notEqual(told.problems.length, 0);
  for (const { where, message } of told.problems) {
    assert.notEqual(where, '');
    assert.ok(message.length > 10 && message.length < 700, message);
  }
  return told;
}

/** Codes and places of the problems. */
export function problemsOf(told: Told): [string, string][] {
  return told.problems.map(({ code, where }) => [code, where]);
}

/** Name and version of every component. */
export function componentsOf(told: Told): string[] {
  return told.components.map(({ purl }) => purl.replace(/\?.*/, ''));
}

/** Everything below a folder with its size, to see that nothing was left behind. */
export function listing(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** The content of a file as text. */
export function textOf(file: string): string {
  return readFileSync(file, 'utf8');
}
