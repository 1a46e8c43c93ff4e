// The steps for Azure Pipelines: their scripts run with bash as the agent does it, against the packed program. Not run: Azure.
import assert from 'node:assert/strict';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { root, run, scratch } from '../real/parts.ts';
import { packIn } from './packed.ts';
import { assertShown } from './shown.ts';
import { demoDay, demoDigest, demoFeeds, type Ended, hostileFolder, projectIn, shell, yamlOf } from './stage.ts';

// What is used of https://learn.microsoft.com/en-us/azure/devops/pipelines/yaml-schema/
const parameter = z.strictObject({ name: z.string(), type: z.literal('string'), default: z.string().optional() });
const named = { displayName: z.string(), condition: z.literal('succeededOrFailed()').optional() };
const bash = z.strictObject({
  bash: z.string(),
  name: z.string().optional(),
  env: z.record(z.string(), z.string()),
  ...named,
});
const task = z.strictObject({ task: z.string(), inputs: z.record(z.string(), z.string()), ...named });
const publish = z.strictObject({ publish: z.string(), artifact: z.string(), ...named });
const template = z.strictObject({ parameters: z.array(parameter), steps: z.array(z.union([bash, task, publish])) });
const gateFile = 'pipelines/azure-pipelines.yml';
const deployFile = 'pipelines/azure-record-deploy.yml';

describe('pipelines/azure-*.yml', () => {
  const folder = scratch('azure');
  const project = join(folder, 'project');
  const temporary = join(folder, 'temporary');
  before(() => {
    projectIn(project);
    mkdirSync(join(project, 'tools'));
    mkdirSync(temporary);
    const packed = packIn(folder);
    cpSync(packed, join(project, 'tools', 'kvitto-0.1.0.tgz'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs the scripts of a template until one fails; later steps get what earlier ones set with a command in their output. */
  function steps(file: string, own: Readonly<Record<string, string>>, set = new Map<string, string>()): Ended {
    const { parameters, steps } = template.parse(yamlOf(file));
    const given = new Map(parameters.map((each) => [each.name, own[each.name] ?? each.default ?? '']));
    let last: Ended = { status: 0, stdout: '', stderr: '' };
    let all = '';
    for (const each of steps) {
      if (!('bash' in each)) continue;
      const fill = (text: string) =>
        text
          .replace(/\$\{\{ parameters\.([a-z]+) \}\}/g, (_, name: string) => given.get(name) ?? '')
          .replace(/\$\(([A-Za-z_.]+)\)/g, (whole, name: string) => set.get(name) ?? whole);
      last = shell(['bash', '--noprofile', '--norc', '-c', each.bash], {
        cwd: project,
        env: {
          ...Object.fromEntries(Object.entries(each.env).map(([name, value]) => [name, fill(value)])),
          ...demoDay,
          TF_BUILD: 'True',
          AGENT_TEMPDIRECTORY: temporary,
          BUILD_REPOSITORY_URI: 'https://dev.azure.example/acme/shop/_git/shop',
          BUILD_SOURCEVERSION: '0123456789abcdef0123456789abcdef01234567',
          SYSTEM_COLLECTIONURI: 'https://dev.azure.example/acme/',
          SYSTEM_TEAMPROJECT: 'shop',
          BUILD_BUILDID: '7',
          KVITTO_HOME: join(folder, 'home'),
          HOME: folder,
        },
      });
      all += last.stdout;
      // The agent looks for commands anywhere in a line.
      for (const [, name = '', value = ''] of last.stdout.matchAll(
        /##vso\[task\.setvariable variable=(\w+);isOutput=true\](.*)/g,
      ))
        set.set(`${each.name}.${name}`, value);
      if (last.status !== 0) break;
    }
    return { ...last, stdout: all };
  }
  const usual = { target: 'docker-archive:shop.tar', feeds: demoFeeds, ledger: join(folder, 'ledger') };

  test('parameters stand in the environment only, and all of them are used', () => {
    for (const file of [gateFile, deployFile]) {
      const { parameters, steps: all } = template.parse(yamlOf(file));
      const used = all.flatMap((each) => {
        if (!('bash' in each)) return [];
        assert.equal(each.bash.includes('${{'), false);
        return Object.values(each.env);
      });
      assert.deepEqual(used.toSorted(), parameters.map(({ name }) => `\${{ parameters.${name} }}`).toSorted(), file);
    }
  });

  test('the gate installs the packed program, ends as the verdict says, and hands the digest on to the deployment', () => {
    const set = new Map<string, string>();
    const done = steps(gateFile, usual, set);
    assert.equal(done.status, 1, done.stdout + done.stderr);
    assert.match(done.stdout, /^Verdict {5}FAIL: rule exploited/m);
    assertShown('docs/pipelines.md', 'azure-gate', done.stdout);
    assert.deepEqual([...set], [['kvitto.KVITTO_DIGEST', demoDigest]]);
    const out = join(temporary, 'kvitto-reports');
    assert.equal(commandsIn(done.stdout).at(-1), `##vso[task.uploadsummary]${out}/kvitto.md`);
    for (const name of ['kvitto.sarif', 'kvitto-junit.xml', 'kvitto.json', 'kvitto.md'])
      assert.ok(existsSync(join(out, name)));
    const junit = template.parse(yamlOf(gateFile)).steps.find((each) => 'task' in each);
    assert.equal(junit?.inputs['testResultsFiles'], '$(Agent.TempDirectory)/kvitto-reports/kvitto-junit.xml');

    const deployed = steps(deployFile, { service: 'shop', environment: 'production', ledger: usual.ledger }, set);
    assert.equal(deployed.status, 1, deployed.stderr);
    const lines = deployed.stdout.split('\n').filter((line) => /^(?:Runs|Change|Run|Marked) /.test(line));
    assert.deepEqual(lines, [
      `Runs        ${demoDigest}`,
      'Change      https://dev.azure.example/acme/shop/_git/shop/commit/0123456789abcdef0123456789abcdef01234567',
      'Run         https://dev.azure.example/acme/shop/_build/results?buildId=7',
      'Marked      refused: the gate refused it',
    ]);
  });

  test('names in an artifact are no commands to the agent', () => {
    const command = '##vso[task.setvariable variable=PATH]x';
    hostileFolder(join(project, 'hostile'), command);
    const done = steps(gateFile, { ...usual, target: 'dir:hostile' });
    assert.equal(done.status, 3, done.stdout);
    assert.match(done.stdout, /# #vso\[task\.setvariable variable=PATH\]x\/package\.json/);
    assert.deepEqual(
      commandsIn(done.stdout).map((line) => line.replace(/\].*/, '')),
      ['##vso[task.setvariable variable=KVITTO_DIGEST;isOutput=true', '##vso[task.uploadsummary'],
    );
  });

  test('texts of others in its parameters are texts', () => {
    const text = '$(touch touched)`touch touched`"; touch touched; "';
    for (const name of ['target', 'policy', 'feeds', 'ecosystems', 'ledger', 'package']) {
      assert.notEqual(steps(gateFile, { ...usual, [name]: text }).status, 0, name);
      assert.equal(existsSync(join(project, 'touched')), false, name);
    }
    for (const name of ['service', 'environment', 'artifact']) {
      const own = {
        service: 'shop',
        environment: 'production',
        artifact: demoDigest,
        ledger: usual.ledger,
        [name]: text,
      };
      assert.equal(steps(deployFile, own).status, 2, name);
      assert.equal(existsSync(join(project, 'touched')), false, name);
    }
  });

  test('what is packed has templates and units with it, and its version is the one that the templates name', () => {
    const listed = run('tar', ['-tzf', join(project, 'tools/kvitto-0.1.0.tgz')]).split('\n');
    const ships = listed
      .filter((file) => /^package\/(?:pipelines|operate)\//.test(file))
      .map((file) => file.slice('package/'.length));
    const kept = globSync('operate/**/*', { cwd: root }).filter((file) => statSync(join(root, file)).isFile());
    const templates = ['Jenkinsfile', 'azure-pipelines.yml', 'azure-record-deploy.yml', 'gitlab-ci.yml'];
    assert.deepEqual(ships.toSorted(), [...kept, ...templates.map((name) => `pipelines/${name}`)].toSorted());
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const usualPackage = template.parse(yamlOf(gateFile)).parameters.find(({ name }) => name === 'package')?.default;
    assert.equal(usualPackage, `tools/kvitto-${version}.tgz`);
    assert.ok(readFileSync(join(root, 'pipelines/Jenkinsfile'), 'utf8').includes(`'tools/kvitto-${version}.tgz'`));
  });
});

function commandsIn(output: string): string[] {
  return output.split('\n').flatMap((line) => /##(?:vso)?\[.*/.exec(line)?.[0] ?? []);
}
