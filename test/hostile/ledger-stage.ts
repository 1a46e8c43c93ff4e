// A ledger with a recorded image and a deployment, copied for every test, and runs that must change nothing where they refuse.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { kvitto, root, scratch } from '../real/parts.ts';
import { demoDay, type Ended, listing, refused, run, type Setting } from './runs.ts';

/** The image of the demo. */
export const image = 'sha256:c633cd897965912e51b9fc8b76906e93cd320417b26c3d53814ca32f909cdbf3';
export const deployCommand = ['deploy', 'shop', '--env', 'prod', '--by', 'ci', '--image', image];

export interface LedgerStage {
  /** Holds all that the tests make; goes with the process. */
  readonly folder: string;
  /** A copy of the home. */
  home(name: string): string;
  /** `kvitto …` in a home, which must look afterwards as it did before: refused with this code, place and remedy. */
  refused(
    home: string,
    args: readonly string[],
    exit: number,
    place: string | RegExp,
    setting?: Partial<Setting>,
  ): Promise<Ended>;
}

/** Content of every file below a folder, but for what tells who holds a lock and SQLite's own files beside a database. */
export function contents(folder: string): Record<string, string> {
  const files = listing(folder).filter((file) => !/(?:lock\.json|-wal|-shm|lock\.db)$/.test(file));
  return Object.fromEntries(files.map((file) => [file, hash('sha256', readFileSync(join(folder, file)))]));
}

/** Numbers of what the history of the service lists, oldest first. */
export function deploymentsOf(home: string, env: NodeJS.ProcessEnv = {}): number[] {
  const { status, stdout, stderr } = kvitto(['history', 'shop', '-f', 'json'], { home, env });
  assert.equal(status, 0, stderr);
  const numbers = [...stdout.matchAll(/"deployment": (\d+)/g)].map((found) => Number(found[1]));
  return [...new Set(numbers)].sort((a, b) => a - b);
}

/** `kvitto verify --ledger`: that the ledger holds. */
export function holds(home: string): void {
  const { status, stdout, stderr } = kvitto(['verify', '--ledger', join(home, 'ledger')], { home });
  assert.equal(status, 0, `${stdout}${stderr}`);
}

/** A command line with a clock of its own. */
export function kvittoAt(moment: string, args: readonly string[], home: string) {
  const env = { ...process.env, NO_COLOR: '1', KVITTO_HOME: home };
  const script = join(root, 'scripts/kvitto-at.ts');
  return spawnSync(process.execPath, [script, moment, ...args], { encoding: 'utf8', env, timeout: 60_000 });
}

export function ledgerStage(name: string): LedgerStage {
  const folder = scratch(`hostile-${name}`);
  const home = join(folder, 'home');
  const env = { SOURCE_DATE_EPOCH: demoDay };
  for (const [args, exit] of [
    [['db', 'update', '--feeds', join(root, 'demo/feeds')], 0],
    [['record', join(root, 'demo/shop.tar'), '--offline', '--by', 'ci'], 0],
    [[...deployCommand, '--at', '2026-11-01'], 1],
  ] as const) {
    const ended = kvitto(args, { home, env });
    assert.equal(ended.status, exit, ended.stderr);
  }
  return {
    folder,
    home(called) {
      const copy = join(folder, called.replaceAll(/[^a-z0-9]/gi, '-'));
      rmSync(copy, { recursive: true, force: true });
      cpSync(home, copy, { recursive: true });
      return copy;
    },
    async refused(at, args, exit, place, setting = {}) {
      const before = contents(at);
      const ended = await run(args, { home: at, cwd: folder, ...setting });
      refused(ended, exit, place);
      assert.deepEqual(contents(at), before, 'something was changed or left behind');
      return ended;
    },
  };
}
