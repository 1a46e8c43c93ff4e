// Runs the real command line on a ledger in a scratch folder, with the advisories of the demo and a clock of the test's choosing.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type KvittoRun, root, scratch } from '../real/parts.ts';

/** Variables of pipelines and of this project that the machine may have set. */
const unset = {
  CI: '',
  DATABASE_URL: '',
  KVITTO_ROLE: '',
  SOURCE_DATE_EPOCH: '',
  GITHUB_ACTIONS: '',
  GITLAB_CI: '',
  JENKINS_URL: '',
  TF_BUILD: '',
  BITBUCKET_BUILD_NUMBER: '',
};

export interface LedgerStage {
  readonly home: string;
  readonly folder: string;
  /** Runs a command line at a moment (RFC 3339) to its end. */
  at(moment: string, words: readonly string[], setting?: { env?: NodeJS.ProcessEnv; input?: string }): KvittoRun;
  /** Several command lines at one moment, one after the other in one process: cheaper than a process for each. */
  allAt(moment: string, lines: readonly (readonly string[])[]): KvittoRun[];
  /** One without waiting for its end here. */
  startAt(moment: string, words: readonly string[]): Promise<KvittoRun>;
  /** One that goes on until SIGTERM, which it gets after its first words on standard output. */
  untilEnded(moment: string, words: readonly string[], env: NodeJS.ProcessEnv): Promise<KvittoRun>;
}

export const shop = join(root, 'demo/shop.tar');
export const demoPolicy = join(root, 'demo/kvitto.yaml');
export const demoDay = '2026-11-13T09:00:00.000Z';

/** A home with the advisories of the demo, and no ledger yet. */
export function ledgerStage(name: string): LedgerStage {
  const home = scratch(`ledger-${name}`);
  const folder = join(home, 'cwd');
  mkdirSync(folder);
  const commandOf = (moment: string, words: readonly string[]) => [
    join(root, 'test/ledger/run-at.ts'),
    moment,
    ...words,
  ];
  const env = { ...process.env, ...unset, NO_COLOR: '1', KVITTO_HOME: home };
  const stage: LedgerStage = {
    home,
    folder,
    at: (moment, words, setting = {}) => {
      const { status, stdout, stderr } = spawnSync(process.execPath, commandOf(moment, words), {
        cwd: folder,
        encoding: 'utf8',
        timeout: 60_000,
        maxBuffer: 64 * 1024 * 1024,
        env: { ...env, ...setting.env },
        input: setting.input ?? '',
      });
      return { status, stdout, stderr };
    },
    allAt: (moment, lines) => {
      const { status, stdout, stderr } = stage.at(moment, ['--many'], { input: JSON.stringify(lines) });
      assert.equal(status, 0, stderr);
      const runs: KvittoRun[] = JSON.parse(stdout);
      assert.equal(runs.length, lines.length);
      return runs;
    },
    startAt: (moment, words) => started(moment, words, {}, () => undefined),
    untilEnded: (moment, words, more) => started(moment, words, more, (child) => child.kill('SIGTERM')),
  };
  function started(
    moment: string,
    words: readonly string[],
    more: NodeJS.ProcessEnv,
    onOutput: (child: ChildProcess) => void,
  ): Promise<KvittoRun> {
    return new Promise((resolve, reject) => {
      const options = { cwd: folder, env: { ...env, ...more }, timeout: 60_000 };
      const child = spawn(process.execPath, commandOf(moment, words), options);
      let [stdout, stderr] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
        onOutput(child);
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      child.on('error', reject);
      child.on('close', (status) => resolve({ status, stdout, stderr }));
    });
  }
  const update = stage.at(demoDay, ['db', 'update', '--feeds', join(root, 'demo/feeds')]);
  assert.equal(update.status, 0, update.stderr);
  return stage;
}

/** The document that a run wrote, after holding its exit code against the expected one. */
export function documentOf(run: KvittoRun, exit: number): Record<string, unknown> {
  assert.equal(run.status, exit, `${run.stderr}\n${run.stdout}`);
  return JSON.parse(run.stdout);
}

/** Holds a run that could not do what was asked: exit code, what it says, a remedy, nothing on standard output, no stack. */
export function refused(run: KvittoRun, exit: number, says: RegExp): void {
  assert.equal(run.status, exit, `${run.stderr}\n${run.stdout}`);
  assert.match(run.stderr, says);
  assert.match(run.stderr, /\n {2}→ /);
  assert.doesNotMatch(run.stderr, /\n\s+at /);
  assert.equal(run.stdout, '');
}

/** Holds several runs, each against what it must say, with `refused`. */
export function allRefused(
  stage: LedgerStage,
  moment: string,
  cases: readonly (readonly [readonly string[], number, RegExp])[],
): void {
  const runs = stage.allAt(
    moment,
    cases.map(([words]) => words),
  );
  for (const [i, [words, exit, says]] of cases.entries()) {
    const run = runs[i];
    assert.ok(run !== undefined);
    try {
      refused(run, exit, says);
    } catch (error) {
      throw new Error(`kvitto ${words.join(' ').slice(0, 200)}`, { cause: error });
    }
  }
}
