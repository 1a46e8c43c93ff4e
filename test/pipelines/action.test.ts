// The action, as GitHub runs it: its steps with bash, its inputs in the environment, its outputs in files. Not run: GitHub itself.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { sarifValidator } from '../../src/formats/testing/documents.ts';
import { root, scratch } from '../real/parts.ts';
import { assertShown } from './shown.ts';
import {
  checkoutIn,
  demoDay,
  demoDigest,
  demoFeeds,
  type Ended,
  hostileFolder,
  hostileTexts,
  npmEnvironment,
  projectIn,
  shell,
  withDependencies,
  yamlOf,
} from './stage.ts';

const step = z.strictObject({
  id: z.string(),
  shell: z.literal('bash'),
  'working-directory': z.string(),
  env: z.record(z.string(), z.string()),
  run: z.string(),
});
// What GitHub knows of an action's file: https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax
const shape = z.strictObject({
  name: z.string(),
  description: z.string().max(125),
  author: z.string(),
  branding: z.strictObject({ icon: z.string(), color: z.string() }),
  inputs: z.record(
    z.string().regex(/^[a-z-]+$/),
    z.strictObject({ description: z.string(), required: z.boolean().optional(), default: z.string().optional() }),
  ),
  outputs: z.record(z.string().regex(/^[a-z-]+$/), z.strictObject({ description: z.string(), value: z.string() })),
  runs: z.strictObject({ using: z.literal('composite'), steps: z.array(step) }),
});
const action = shape.parse(yamlOf('action.yml'));

interface Acted extends Ended {
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  /** Commands to the runner that it would have obeyed. */
  readonly commands: readonly string[];
}

describe('action.yml', () => {
  const folder = scratch('action');
  const project = join(folder, 'project');
  const checkout = join(folder, 'checkout');
  after(() => rmSync(folder, { recursive: true, force: true }));
  before(() => {
    projectIn(project);
    withDependencies(checkoutIn(checkout));
  });

  /** Runs every step like the runner: `bash --noprofile --norc -eo pipefail FILE`, with the expressions of `env` filled in. */
  function act(inputs: Readonly<Record<string, string>>, options: { home?: string; from?: string } = {}): Acted {
    const all: Record<string, string> = {};
    for (const [name, { default: usual }] of Object.entries(action.inputs)) all[name] = inputs[name] ?? usual ?? '';
    const files = { GITHUB_OUTPUT: join(folder, 'output'), GITHUB_STEP_SUMMARY: join(folder, 'summary') };
    for (const file of Object.values(files)) writeFileSync(file, '');
    const runnerTemp = join(folder, 'runner-temp');
    mkdirSync(runnerTemp, { recursive: true });
    let ended: Ended = { status: 0, stdout: '', stderr: '' };
    for (const { run, env, 'working-directory': where } of action.runs.steps) {
      const script = join(folder, 'step.sh');
      writeFileSync(script, run);
      const filled = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, fill(value, all)]));
      ended = shell(['bash', '--noprofile', '--norc', '-eo', 'pipefail', script], {
        cwd: join(project, fill(where, all)),
        env: {
          ...filled,
          ...files,
          ...demoDay,
          GITHUB_ACTIONS: 'true',
          GITHUB_ACTION_PATH: options.from ?? checkout,
          RUNNER_TEMP: runnerTemp,
          KVITTO_HOME: options.home ?? join(folder, 'home'),
          ...(options.from === undefined ? {} : npmEnvironment()),
        },
      });
    }
    const lines = readFileSync(files.GITHUB_OUTPUT, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    return {
      ...ended,
      outputs: Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      ),
      summary: readFileSync(files.GITHUB_STEP_SUMMARY, 'utf8'),
      commands: obeyed(ended.stdout),
    };
  }

  test('nothing of others is used, no token is asked for, and expressions stand in no script', () => {
    const text = readFileSync(join(root, 'action.yml'), 'utf8');
    assert.equal(/^\s*-?\s*uses:/m.test(text.replace(/^#.*$/gm, '')), false);
    assert.equal(/github\.token|secrets\./.test(text), false);
    for (const { run } of action.runs.steps) assert.equal(run.includes('${{'), false);
    // Every input reaches the step, once, and by a name that the script knows.
    const given = action.runs.steps.flatMap(({ env, 'working-directory': where }) => [...Object.values(env), where]);
    assert.deepEqual(
      given.toSorted(),
      Object.keys(action.inputs)
        .map((name) => `\${{ inputs.${name} }}`)
        .toSorted(),
    );
    const script = readFileSync(join(root, 'pipelines/github-action.sh'), 'utf8').replace(/^#.*$/gm, '');
    const read = new Set(script.match(/KVITTO_ACTION_[A-Z_]+/g));
    assert.deepEqual([...read].toSorted(), action.runs.steps.flatMap(({ env }) => Object.keys(env)).toSorted());
  });

  test('a verdict that fails: report, SARIF, summary, outputs, exit code', (t) => {
    const done = act({
      target: 'docker-archive:shop.tar',
      feeds: demoFeeds,
      output: 'cyclonedx=a.cdx.json\r\nspdx=b.json\n',
    });
    assert.equal(done.status, 1, done.stdout + done.stderr);
    assert.deepEqual(done.outputs, { verdict: 'fail', 'exit-code': '1', digest: demoDigest, sarif: 'kvitto.sarif' });
    assert.deepEqual(done.commands, ['::error title=Kvitto::The verdict is "fail".']);
    assert.match(done.stdout, /^Verdict {5}FAIL: rule exploited/m);
    assert.match(done.summary, /^## ❌ FAIL: shop\.tar$/m);
    assertShown('docs/pipelines.md', 'action', done.stdout);
    assertShown('docs/pipelines.md', 'action-summary', done.summary);
    const sarif = JSON.parse(readFileSync(join(project, 'kvitto.sarif'), 'utf8'));
    assert.equal(sarif.runs[0].results.length, 6);
    const valid = sarifValidator((reason) => t.diagnostic(`LEFT OUT: ${reason}`));
    if (valid !== null) assert.equal(valid(sarif), null);
    assert.equal(JSON.parse(readFileSync(join(project, 'a.cdx.json'), 'utf8')).bomFormat, 'CycloneDX');
    assert.equal(JSON.parse(readFileSync(join(project, 'b.json'), 'utf8')).spdxVersion, 'SPDX-2.3');
  });

  test('what it is told to let pass, passes with a warning; what does not work at all never does', () => {
    const target = 'docker-archive:shop.tar';
    const none = join(folder, 'no-store');
    const warned = (verdict: string) => [
      `::warning title=Kvitto::The verdict is "${verdict}"; the input fail lets it pass.`,
    ];
    const first = act({ target, feeds: demoFeeds, fail: 'never' });
    assert.deepEqual([first.status, first.outputs['verdict'], first.commands], [0, 'fail', warned('fail')]);
    const strict = act({ target, feeds: demoFeeds, fail: 'fail' });
    assert.deepEqual([strict.status, strict.outputs['verdict']], [1, 'fail']);
    const unknown = act({ target, offline: 'true', fail: 'fail' }, { home: none });
    assert.deepEqual(
      [unknown.status, unknown.outputs['verdict'], unknown.commands],
      [0, 'cannot-say', warned('cannot-say')],
    );
    const gate = act({ target, offline: 'true' }, { home: none });
    assert.deepEqual([gate.status, gate.outputs['exit-code']], [3, '3']);
    const absent = act({ target: 'docker-archive:none.tar', fail: 'never' });
    assert.deepEqual([absent.status, absent.outputs], [4, { verdict: '', 'exit-code': '4', digest: '', sarif: '' }]);
    const pass = act({ target, feeds: demoFeeds, policy: 'pass.yaml', json: '', sarif: '', summary: 'false' });
    assert.equal(pass.status, 2, 'a policy that is not there');
    writeFileSync(join(project, 'pass.yaml'), 'version: 1\nrules:\n  - name: likely\n    epss: 0.9\n');
    const passed = act({ target, feeds: demoFeeds, policy: 'pass.yaml', json: '', sarif: '', summary: 'false' });
    assert.deepEqual(
      [passed.status, passed.outputs, passed.summary, passed.commands],
      [0, { verdict: 'pass', 'exit-code': '0', digest: '', sarif: '' }, '', []],
    );
  });

  test('with a ledger, the verdict is recorded there', () => {
    const done = act({ target: 'docker-archive:shop.tar', feeds: demoFeeds, ledger: 'kept/ledger' });
    assert.equal(done.status, 1);
    assert.match(done.stdout, /^kvitto: recorded in .*kept\/ledger, the verdict as entry \d+$/m);
    assert.ok(existsSync(join(project, 'kept/ledger/log')) || existsSync(join(project, 'kept/ledger/ledger.db')));
  });

  test('hostile inputs are texts, not commands', () => {
    const touched = [project, folder, checkout].map((where) => join(where, 'touched'));
    for (const name of Object.keys(action.inputs)) {
      if (name === 'working-directory') continue;
      for (const text of hostileTexts.slice(0, name === 'target' ? undefined : 1)) {
        const done = act({ target: 'sbom:none.json', offline: 'true', [name]: text });
        assert.ok([2, 4].includes(done.status ?? -1), `${name}=${text} ended with ${done.status}\n${done.stdout}`);
        assert.deepEqual(touched.filter(existsSync), [], `${name}=${text}`);
        assert.deepEqual(
          done.commands.filter((line) => !/^::error title=Kvitto::the input [a-z-]+ /.test(line)),
          [],
        );
      }
    }
  });

  test('names in an artifact are no commands to the runner', () => {
    for (const [number, command] of [
      '::error::within',
      '::stop-commands::x',
      '::add-mask::a',
      '##[error]x',
    ].entries()) {
      const name = `hostile-${number}`;
      hostileFolder(join(project, name), command);
      const done = act({ target: `dir:${name}`, feeds: demoFeeds });
      assert.ok(
        done.stdout.split('\n').some((line) => line.trimStart().startsWith(command)),
        `it is printed: ${done.stdout}`,
      );
      assert.deepEqual(
        [done.status, done.commands],
        [3, ['::error title=Kvitto::The verdict is "cannot-say".']],
        command,
      );
    }
  });

  test('a checkout without dependencies installs what the lockfile pins', { timeout: 180_000 }, (t) => {
    const bare = checkoutIn(join(folder, 'bare'));
    const done = act({ target: 'docker-archive:shop.tar', feeds: demoFeeds }, { from: bare });
    if (/E(?:AI_AGAIN|NOTFOUND|CONNREFUSED|TIMEDOUT|NETUNREACH)/.test(done.stderr)) {
      t.skip(
        'LEFT OUT: the npm registry is not reached from here. NOT TESTED: that the action installs its dependencies',
      );
      return;
    }
    assert.equal(done.status, 1, done.stdout + done.stderr);
    assert.equal(done.outputs['verdict'], 'fail');
    assert.equal(existsSync(join(bare, 'node_modules/typescript')), false, 'nothing for development');
  });
});

/** An expression of `env`, as GitHub fills it in. */
function fill(text: string, inputs: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{\{ inputs\.([a-z-]+) \}\}/g, (_, name: string) => inputs[name] ?? '');
}

/**
 * Lines that the runner takes for commands: those that begin with `::name` after blanks, or with `##[`, except between `::stop-commands::WORD`
 * and `::WORD::`.
 */
function obeyed(output: string): string[] {
  const found: string[] = [];
  let stopped: string | null = null;
  for (const line of output.split(/\r\n|\r|\n/).map((each) => each.trimStart())) {
    if (stopped !== null) {
      if (line === `::${stopped}::`) stopped = null;
      continue;
    }
    const word = /^::stop-commands::(.+)$/.exec(line)?.[1];
    if (word !== undefined) stopped = word;
    else if (/^::[a-z-]+(?: [^:]*)?::|^##\[/.test(line)) found.push(line);
  }
  assert.equal(stopped, null, 'commands are taken again at the end');
  return found;
}
