// The GitLab template: its jobs' scripts run with bash as the runner does it, and the reports that it would pick up. Not run: GitLab.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { z } from 'zod';
import { cyclonedxValidator, gitlabValidator } from '../../src/formats/testing/documents.ts';
import { readXml } from '../../src/formats/testing/read-xml.ts';
import { scratch } from '../real/parts.ts';
import { assertShown } from './shown.ts';
import { demoDay, demoDigest, demoFeeds, type Ended, kvittoOnPath, projectIn, shell, yamlOf } from './stage.ts';

// What is used of https://docs.gitlab.com/ci/yaml/
const job = z.strictObject({
  extends: z.string().optional(),
  image: z.strictObject({ name: z.string(), entrypoint: z.array(z.string()) }).optional(),
  variables: z.record(z.string().regex(/^[A-Z_]+$/), z.string()).default({}),
  cache: z.strictObject({ key: z.string(), paths: z.array(z.string()) }).optional(),
  script: z.array(z.string()).optional(),
  artifacts: z
    .strictObject({
      when: z.literal('always'),
      paths: z.array(z.string()),
      reports: z.strictObject({
        container_scanning: z.string(),
        junit: z.string(),
        cyclonedx: z.string(),
        dotenv: z.string(),
      }),
    })
    .optional(),
});
const jobs = z.record(z.string().regex(/^\.kvitto/), job).parse(yamlOf('pipelines/gitlab-ci.yml'));

const predefined = {
  GITLAB_CI: 'true',
  CI: 'true',
  CI_PROJECT_NAME: 'shop',
  CI_PROJECT_URL: 'https://gitlab.example/acme/shop',
  CI_COMMIT_SHA: '0123456789abcdef0123456789abcdef01234567',
  CI_JOB_URL: 'https://gitlab.example/acme/shop/-/jobs/7',
  CI_REGISTRY_IMAGE: 'registry.example/acme/shop',
  CI_REGISTRY_USER: 'ci-user',
  CI_REGISTRY_PASSWORD: 'ci-word',
  CI_ENVIRONMENT_NAME: 'production',
  GITLAB_USER_LOGIN: 'kim',
};

describe('pipelines/gitlab-ci.yml', () => {
  const folder = scratch('gitlab');
  const project = join(folder, 'project');
  before(() => {
    projectIn(project);
    kvittoOnPath(join(folder, 'bin'));
  });
  beforeEach(() => rmSync(join(project, 'kvitto.json'), { force: true }));
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Variables of a job and of those that it extends, references filled in as the runner does it. */
  function variablesOf(name: string): Record<string, string> {
    const found = jobs[name];
    assert.ok(found !== undefined, name);
    return { ...(found.extends === undefined ? {} : variablesOf(found.extends)), ...found.variables };
  }

  function runJob(name: string, own: Readonly<Record<string, string>>): Ended {
    const env: Record<string, string> = { ...predefined, CI_PROJECT_DIR: project };
    for (const [key, value] of Object.entries({ ...variablesOf(name), ...own })) {
      env[key] = value.replace(/\$([A-Z_]+)/g, (_, other: string) => env[other] ?? '');
    }
    const script = (jobs[name]?.script ?? []).join('\n');
    return shell(['bash', '-eo', 'pipefail', '-c', script], {
      cwd: project,
      env: { ...env, ...demoDay, HOME: folder },
      path: [join(folder, 'bin')],
    });
  }

  const archive = { KVITTO_TARGET: 'docker-archive:shop.tar', KVITTO_FEEDS: demoFeeds };
  const ledger = join(folder, 'ledger');

  test('jobs that run nothing by themselves, in an image that has to be named', () => {
    assert.deepEqual(Object.keys(jobs), ['.kvitto', '.kvitto-gate', '.kvitto-record-deploy']);
    assert.deepEqual(jobs['.kvitto']?.image, { name: '$KVITTO_IMAGE', entrypoint: [''] });
    // Only what lies below the project is cached, and never a ledger.
    assert.deepEqual(jobs['.kvitto']?.cache?.paths, ['.kvitto/advisories']);
    assert.equal(variablesOf('.kvitto-gate')['KVITTO_HOME'], '$CI_PROJECT_DIR/.kvitto');
  });

  test('the gate ends as the verdict says, and leaves the reports', (t) => {
    const done = runJob('.kvitto-gate', { ...archive, KVITTO_LEDGER: ledger });
    assert.equal(done.status, 1, done.stdout + done.stderr);
    assertShown('docs/pipelines.md', 'gitlab-gate', `${done.stdout}${done.stderr}`);
    const { artifacts } = jobs['.kvitto-gate'] ?? {};
    assert.ok(artifacts !== undefined);
    const read = (file: string) => readFileSync(join(project, file), 'utf8');
    const report = JSON.parse(read(artifacts.reports.container_scanning));
    assert.equal(gitlabValidator()(report), null);
    assert.equal(report.vulnerabilities.length, 6);
    const skip = (reason: string) => t.diagnostic(`LEFT OUT: ${reason}`);
    const sbom = cyclonedxValidator(skip);
    if (sbom !== null) assert.equal(sbom(JSON.parse(read(artifacts.reports.cyclonedx))), null);
    const [suites] = readXml([read(artifacts.reports.junit)], skip);
    if (suites !== undefined) assert.deepEqual([suites[0], suites[1]['failures']], ['testsuites', '4']);
    assert.equal(read(artifacts.reports.dotenv), `KVITTO_DIGEST=${demoDigest}\n`);
    for (const path of artifacts.paths) assert.ok(existsSync(join(project, path)), path);
    assert.ok(existsSync(join(project, '.kvitto/advisories')), 'what is cached');
  });

  test('pass, cannot say, and what does not work', () => {
    const tolerant = join(folder, 'tolerant.yaml');
    assert.equal(runJob('.kvitto-gate', { ...archive, KVITTO_POLICY: join(folder, 'none.yaml') }).status, 2);
    assert.equal(existsSync(join(project, 'kvitto.json')), false);
    const policy = 'version: 1\nrules:\n  - name: likely\n    epss: 0.9\n';
    shell(['bash', '-c', 'printf %s "$TEXT" >"$FILE"'], { cwd: folder, env: { TEXT: policy, FILE: tolerant } });
    assert.equal(runJob('.kvitto-gate', { ...archive, KVITTO_POLICY: tolerant }).status, 0);
    const old = { ...archive, KVITTO_POLICY: tolerant, KVITTO_TARGET: `dir:${demoFeeds}` };
    assert.equal(runJob('.kvitto-gate', old).status, 3);
    assert.equal(runJob('.kvitto-gate', { ...archive, KVITTO_TARGET: 'docker-archive:none.tar' }).status, 4);
    assert.equal(runJob('.kvitto-gate', { ...archive, KVITTO_FEEDS: join(folder, 'none') }).status, 4);
  });

  test('the deployment is recorded with the change and the run, and is refused where the gate refused', () => {
    assert.equal(runJob('.kvitto-gate', { ...archive, KVITTO_LEDGER: ledger }).status, 1);
    const done = runJob('.kvitto-record-deploy', { KVITTO_DIGEST: demoDigest, KVITTO_LEDGER: ledger });
    assert.equal(done.status, 1, done.stderr);
    assertShown('docs/pipelines.md', 'gitlab-deploy', done.stdout);
    const lines = done.stdout.split('\n').filter((line) => /^(?:Runs|Change|Run|Marked) /.test(line));
    assert.deepEqual(lines, [
      `Runs        registry.example/acme/shop@${demoDigest}`,
      'Change      https://gitlab.example/acme/shop/-/commit/0123456789abcdef0123456789abcdef01234567',
      'Run         https://gitlab.example/acme/shop/-/jobs/7',
      'Marked      refused: the gate refused it',
    ]);
    const nowhere = runJob('.kvitto-record-deploy', { KVITTO_DIGEST: demoDigest });
    assert.notEqual(nowhere.status, 0);
    assert.match(nowhere.stderr, /KVITTO_LEDGER: names no folder that stays/);
    // No digest came along: nothing is recorded under no name.
    assert.equal(runJob('.kvitto-record-deploy', { KVITTO_DIGEST: '', KVITTO_LEDGER: ledger }).status, 2);
  });

  test('texts of others in its variables are texts', () => {
    const text = '$(touch touched)`touch touched`"; touch touched; "';
    for (const name of ['KVITTO_TARGET', 'KVITTO_POLICY', 'KVITTO_FEEDS', 'KVITTO_ECOSYSTEMS', 'KVITTO_LEDGER']) {
      const done = runJob('.kvitto-gate', { ...archive, [name]: text });
      assert.notEqual(done.status, 0, name);
      assert.equal(existsSync(join(project, 'touched')), false, name);
    }
    for (const name of ['KVITTO_DIGEST', 'KVITTO_SERVICE', 'KVITTO_ARTIFACT', 'CI_ENVIRONMENT_NAME']) {
      const done = runJob('.kvitto-record-deploy', { KVITTO_DIGEST: demoDigest, KVITTO_LEDGER: ledger, [name]: text });
      assert.equal(done.status, 2, `${name} ${done.stderr}`);
      assert.equal(existsSync(join(project, 'touched')), false, name);
    }
  });
});
