// The hooks: pre-commit itself with a clone of this project where it is installed, and in any case the entry as pre-commit runs it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { root, run, scratch } from '../real/parts.ts';
import { missing } from '../real/tool.ts';
import { assertShown } from './shown.ts';
import { checkoutIn, demoDay, demoFeeds, type Ended, npmEnvironment, shell, yamlOf } from './stage.ts';

// What is used of https://pre-commit.com/#creating-new-hooks
const hook = z.strictObject({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  entry: z.string(),
  args: z.array(z.string()).optional(),
  language: z.literal('script'),
  files: z.string().optional(),
  pass_filenames: z.literal(false),
  always_run: z.boolean().optional(),
  require_serial: z.literal(true),
  stages: z.array(z.literal('manual')).optional(),
  verbose: z.boolean().optional(),
  minimum_pre_commit_version: z.string(),
});
const hooks = z.array(hook).parse(yamlOf('.pre-commit-hooks.yaml'));

/** Somebody's lockfile with one component. */
function lockfile(version: string): string {
  const packages = {
    '': { name: 'shop', version: '1.0.0', dependencies: { 'rope-walk': version } },
    'node_modules/rope-walk': {
      version,
      resolved: `https://registry.example/rope-walk-${version}.tgz`,
      integrity: 'sha512-x',
    },
  };
  return JSON.stringify({ name: 'shop', version: '1.0.0', lockfileVersion: 3, requires: true, packages });
}
const manifest = (version: string) =>
  JSON.stringify({ name: 'shop', version: '1.0.0', dependencies: { 'rope-walk': version } });

describe('.pre-commit-hooks.yaml', () => {
  const folder = scratch('pre-commit');
  const project = join(folder, 'project');
  const home = join(folder, 'kvitto');
  const git = (cwd: string, ...args: string[]) =>
    run('git', ['-c', 'user.name=kim', '-c', 'user.email=kim@shop.example', '-c', 'commit.gpgsign=false', ...args], {
      cwd,
      env: { GIT_CONFIG_GLOBAL: '/dev/null', HOME: folder },
    });
  before(() => {
    mkdirSync(project, { recursive: true });
    git(project, 'init', '-q');
    writeFileSync(join(project, 'package.json'), manifest('1.2.3'));
    writeFileSync(join(project, 'package-lock.json'), lockfile('1.2.3'));
    git(project, 'add', '.');
    git(project, 'commit', '-q', '-m', 'first');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const env = { ...demoDay, KVITTO_HOME: home, HOME: folder, GIT_CONFIG_GLOBAL: '/dev/null', TMPDIR: folder };
  const stage = (version: string) => {
    writeFileSync(join(project, 'package.json'), manifest(version));
    writeFileSync(join(project, 'package-lock.json'), lockfile(version));
    git(project, 'add', '.');
  };

  test('the entries are there, and can be run', () => {
    assert.deepEqual(
      hooks.map(({ id, entry }) => [id, entry]),
      [
        ['kvitto', 'pipelines/pre-commit.sh'],
        ['kvitto-update', 'pipelines/from-checkout.sh'],
      ],
    );
    for (const { entry } of hooks) assert.equal(spawnSync('test', ['-x', join(root, entry)]).status, 0, entry);
    const [gate] = hooks;
    // The dialect is Python's, where (?x) leaves out blanks.
    const wanted = new RegExp((gate?.files ?? '').replace('(?x)', '').replace(/\s/g, ''));
    const files = [
      'package-lock.json',
      'a/b/yarn.lock',
      'requirements-dev.txt',
      'go.mod',
      'kvitto.yaml',
      'x/pylock.api.toml',
    ];
    assert.deepEqual(
      files.filter((file) => wanted.test(file)),
      files,
    );
    for (const file of ['src/index.ts', 'my-yarn.lock', 'go.modx', 'README.md'])
      assert.equal(wanted.test(file), false, file);
  });

  test('what is staged is gated, and not what lies in the folder', () => {
    const [gate, update] = hooks;
    const hookOf = (each: typeof gate, more: readonly string[] = []): Ended =>
      shell([join(root, each?.entry ?? ''), ...(each?.args ?? []), ...more], { cwd: project, env });
    stage('1.2.0');
    const without = hookOf(gate);
    assert.equal(without.status, 3, without.stdout);
    assert.match(
      without.stdout,
      /There is no advisory store, so nothing was held against advisories; run: kvitto db update/,
    );
    const updated = hookOf(update, ['--feeds', demoFeeds]);
    assert.equal(updated.status, 0, updated.stderr);

    const refused = hookOf(gate);
    assert.equal(refused.status, 1, refused.stdout + refused.stderr);
    assert.match(
      refused.stdout,
      /^rope-walk 1\.2\.0 → 1\.2\.3 {3}package-lock\.json$|^rope-walk {2}1\.2\.0 → 1\.2\.3 {3}package-lock\.json$/m,
    );
    // Put right in the folder, and not yet staged.
    writeFileSync(join(project, 'package-lock.json'), lockfile('1.2.3'));
    assert.equal(hookOf(gate).status, 1);
    stage('1.2.3');
    // Wrong in the folder only.
    mkdirSync(join(project, 'other'), { recursive: true });
    writeFileSync(join(project, 'other/package-lock.json'), lockfile('1.2.0'));
    const clean = hookOf(gate);
    assert.equal(clean.status, 0, clean.stdout + clean.stderr);
    // Options of the hook are options of the gate; the policy that is staged decides.
    assert.equal(hookOf(gate, ['--fail-on', 'worst']).status, 2);
    writeFileSync(join(project, 'kvitto.yaml'), 'version: 1\nrules:\n  - name: x\n    severty: high\n');
    git(project, 'add', 'kvitto.yaml');
    assert.equal(hookOf(gate).status, 2);
    git(project, 'rm', '-q', '--cached', 'kvitto.yaml');
    rmSync(join(project, 'kvitto.yaml'));
    rmSync(join(project, 'other'), { recursive: true });
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith('kvitto-staged')),
      [],
      'nothing is left behind',
    );
  });

  test('pre-commit with a clone of this project', { timeout: 180_000 }, (t) => {
    const absent = missing('pre-commit');
    if (absent !== null) {
      t.skip(`LEFT OUT: ${absent}. NOT TESTED: that pre-commit itself takes the hooks`);
      return;
    }
    const clone = checkoutIn(join(folder, 'clone'));
    git(clone, 'init', '-q');
    git(clone, 'add', '-A', '-f', '.');
    git(clone, 'commit', '-q', '-m', 'this project');
    const rev = git(clone, 'rev-parse', 'HEAD').trim();
    writeFileSync(
      join(project, '.pre-commit-config.yaml'),
      `repos:\n  - repo: file://${clone}\n    rev: ${rev}\n    hooks:\n      - id: kvitto\n      - id: kvitto-update\n        args: [db, update, --feeds, ${demoFeeds}]\n`,
    );
    const preCommit = (...args: string[]) =>
      shell(['pre-commit', ...args], {
        cwd: project,
        env: { ...npmEnvironment(), ...env, PRE_COMMIT_HOME: join(folder, 'cache'), PRE_COMMIT_COLOR: 'never' },
      });
    stage('1.2.0');
    git(project, 'add', '.pre-commit-config.yaml');
    const updated = preCommit('run', 'kvitto-update', '--hook-stage', 'manual');
    if (/E(?:AI_AGAIN|NOTFOUND|CONNREFUSED|TIMEDOUT|NETUNREACH)/.test(updated.stdout)) {
      t.skip('LEFT OUT: the npm registry is not reached from here. NOT TESTED: that pre-commit itself takes the hooks');
      return;
    }
    assert.equal(updated.status, 0, updated.stdout + updated.stderr);
    assert.match(updated.stdout, /^osv\/npm\s+(?:updated|unchanged)/m);
    const refused = preCommit('run');
    assert.equal(refused.status, 1, refused.stdout + refused.stderr);
    assert.match(refused.stdout, /^Kvitto \(known vulnerabilities in what is about to be committed\)\.*Failed$/m);
    assertShown('docs/pipelines.md', 'pre-commit', refused.stdout);
    assert.equal(/fetch advisories/.test(refused.stdout), false, 'the other hook runs by hand only');
    stage('1.2.3');
    const clean = preCommit('run');
    assert.equal(clean.status, 0, clean.stdout + clean.stderr);
    git(project, 'commit', '-q', '--no-verify', '-m', 'second');
    writeFileSync(join(project, 'notes.txt'), 'nothing to gate');
    git(project, 'add', 'notes.txt');
    assert.match(preCommit('run').stdout, /\(no files to check\)Skipped$/m);
    const cache = readdirSync(join(folder, 'cache')).filter((name) => name.startsWith('repo'));
    assert.ok(cache.some((name) => existsSync(join(folder, 'cache', name, 'node_modules/.package-lock.json'))));
    assert.ok(readFileSync(join(project, 'package-lock.json'), 'utf8').includes('1.2.3'));
  });
});
