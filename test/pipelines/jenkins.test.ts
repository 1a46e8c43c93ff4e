// The Jenkinsfile: its steps as Groovy sees them, run as `sh` does it on an agent. Not run: Jenkins and its check of declarative pipelines.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { readXml } from '../../src/formats/testing/read-xml.ts';
import { root, scratch } from '../real/parts.ts';
import { packIn } from './packed.ts';
import { assertShown } from './shown.ts';
import { demoDay, demoDigest, demoFeeds, type Ended, projectIn, shell } from './stage.ts';

const text = readFileSync(join(root, 'pipelines/Jenkinsfile'), 'utf8');
/** Scripts of the `sh` steps, in order, as Groovy reads them: in single quotes, of one line or of many. */
const scripts = [...text.matchAll(/^\s*sh (?:'''(.*?)'''|'([^'\n]*)')$/gms)].map(([, many, one]) =>
  (many ?? one ?? '').replaceAll('\\\n', ''),
);

/** Environment of the file: names and values of `NAME = 'value'`. */
const environment = Object.fromEntries(
  [...text.matchAll(/^ {4}([A-Z_]+) = '([^']*)'$/gm)].map(([, k = '', v = '']) => [k, v]),
);

const asked = z.strictObject({
  agent: z.literal('any'),
  timeout: z.strictObject({ time: z.number(), unit: z.literal('MINUTES') }),
  environment: z.record(z.string(), z.string()),
  steps: z.array(z.strictObject({ stage: z.string(), section: z.string(), name: z.string(), given: z.unknown() })),
});

describe('pipelines/Jenkinsfile', () => {
  const folder = scratch('jenkins');
  const project = join(folder, 'project');
  before(() => {
    projectIn(project);
    rmSync(join(project, 'shop.tar'));
    mkdirSync(join(project, 'tools'));
    const packed = packIn(folder);
    cpSync(packed, join(project, 'tools/kvitto-0.1.0.tgz'));
    script('build.sh', `cp "${join(root, 'demo/shop.tar')}" shop.tar`);
    script('roll-out.sh', 'echo rolled out >rolled-out');
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function script(name: string, line: string): void {
    writeFileSync(join(project, name), `#!/bin/sh\n${line}\n`);
    chmodSync(join(project, name), 0o755);
  }

  /** Runs the steps like the plug-in that knows `sh`, until one fails. */
  function build(own: Readonly<Record<string, string>>): Ended & { readonly ran: number } {
    let last: Ended = { status: 0, stdout: '', stderr: '' };
    for (const [number, each] of scripts.entries()) {
      last = shell(['sh', '-xe', '-c', each], {
        cwd: project,
        env: {
          ...environment,
          ENVIRONMENT: 'staging',
          KVITTO_HOME: join(folder, 'home'),
          KVITTO_FEEDS: demoFeeds,
          ...demoDay,
          JENKINS_URL: 'https://jenkins.example/',
          BUILD_URL: 'https://jenkins.example/job/shop/7/',
          GIT_URL: 'https://git.example/acme/shop.git',
          GIT_COMMIT: '0123456789abcdef0123456789abcdef01234567',
          HOME: folder,
          ...own,
        },
      });
      if (last.status !== 0) return { ...last, ran: number + 1 };
    }
    return { ...last, ran: scripts.length };
  }

  test('every sh stands in single quotes, and every bracket is closed', () => {
    assert.equal(scripts.length, text.match(/^\s*sh\b/gm)?.length);
    assert.equal(scripts.length, 6);
    assert.equal(/\bsh\s*\(?\s*"/.test(text), false);
    assert.deepEqual(unclosed(text), []);
    // The check itself sees what is wrong.
    assert.deepEqual(unclosed("a { sh '}' \n"), ['{']);
    assert.deepEqual(unclosed('a { ( } )'), ['( closed by }']);
  });

  test('Groovy sees the same steps, and stages that publish what was written', (t) => {
    const groovy = groovyHere();
    if (groovy === null) {
      t.skip('LEFT OUT: groovy not installed: apt-get install groovy. NOT TESTED: that Groovy reads the Jenkinsfile');
      return;
    }
    const done = spawnSync(
      'groovy',
      [join(import.meta.dirname, 'jenkins.groovy'), join(root, 'pipelines/Jenkinsfile')],
      {
        encoding: 'utf8',
        timeout: 60_000,
        env: { ...process.env, JAVA_HOME: groovy },
      },
    );
    assert.equal(done.status, 0, done.stdout + done.stderr);
    const found = asked.parse(JSON.parse(done.stdout));
    assert.deepEqual(found.environment, { ...environment, ENVIRONMENT: 'staging' });
    const all = found.steps.map(({ stage, section, name, given }) => [stage, section, name, given]);
    assert.deepEqual(
      all.flatMap(([, , name, given]) => (name === 'sh' ? [given] : [])),
      scripts,
    );
    assert.deepEqual(
      all.map(([stage, section, name]) => `${stage}, ${section}: ${name}`),
      [
        'Build, steps: sh',
        'Kvitto, steps: sh',
        'Kvitto, steps: sh',
        'Kvitto, steps: sh',
        'Kvitto, always: junit',
        'Kvitto, always: archiveArtifacts',
        'Roll out, steps: sh',
        'Roll out, steps: sh',
      ],
    );
  });

  test('what the policy refuses is not rolled out, and the reports are there', (t) => {
    const done = build({});
    assert.deepEqual([done.status, done.ran], [1, 4], done.stdout + done.stderr);
    assert.match(done.stdout, /^Verdict {5}FAIL: rule exploited/m);
    assert.equal(existsSync(join(project, 'rolled-out')), false);
    const [, junit = ''] = /testResults: '([^']+)'/.exec(text) ?? [];
    const [, archived = ''] = /artifacts: '([^']+)'/.exec(text) ?? [];
    for (const file of [junit, ...archived.split(', ')]) assert.ok(existsSync(join(project, file)), file);
    const [suites] = readXml([readFileSync(join(project, junit), 'utf8')], (reason) =>
      t.diagnostic(`LEFT OUT: ${reason}`),
    );
    if (suites !== undefined) assert.equal(suites[1]['failures'], '4');
  });

  test('what passes is rolled out, and its deployment is recorded', () => {
    writeFileSync(join(project, 'kvitto.yaml'), 'version: 1\nrules:\n  - name: likely\n    epss: 0.9\n');
    const done = build({});
    assert.deepEqual([done.status, done.ran], [0, scripts.length], done.stdout + done.stderr);
    assert.ok(existsSync(join(project, 'rolled-out')));
    assertShown('docs/pipelines.md', 'jenkins-deploy', done.stdout);
    const lines = done.stdout.split('\n').filter((line) => /^(?:Runs|Change|Run|By|Marked) /.test(line));
    assert.deepEqual(lines, [
      `Runs        ${demoDigest}`,
      'Change      git+https://git.example/acme/shop.git#0123456789abcdef0123456789abcdef01234567',
      'Run         https://jenkins.example/job/shop/7',
      'By          jenkins',
    ]);
  });

  test('texts of others in its environment are texts', () => {
    const hostile = '$(touch touched)`touch touched`"; touch touched; "';
    for (const name of [
      'KVITTO_TARGET',
      'KVITTO_ECOSYSTEMS',
      'KVITTO_PACKAGE',
      'KVITTO_FEEDS',
      'ENVIRONMENT',
      'SERVICE',
    ]) {
      assert.notEqual(build({ [name]: hostile }).status, 0, name);
      assert.equal(existsSync(join(project, 'touched')), false, name);
    }
  });
});

/** The folder of Java for Groovy; null where one of the two is missing. */
function groovyHere(): string | null {
  try {
    const [groovy, java] = ['groovy', 'java'].map((name) => execFileSync('which', [name], { encoding: 'utf8' }).trim());
    return groovy === undefined || java === undefined ? null : dirname(dirname(realpathSync(java)));
  } catch {
    return null;
  }
}

/** Brackets that are not closed, or closed by another, outside of strings and comments. */
function unclosed(code: string): string[] {
  const bare = code.replace(/'''.*?'''|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|\/\/[^\n]*/gs, '');
  const open: string[] = [];
  const pairs: Readonly<Record<string, string>> = { '}': '{', ')': '(', ']': '[' };
  for (const character of bare) {
    if ('{(['.includes(character)) open.push(character);
    const expected = pairs[character];
    if (expected === undefined) continue;
    const last = open.pop();
    if (last !== expected) return [`${last ?? 'nothing'} closed by ${character}`];
  }
  return open;
}
