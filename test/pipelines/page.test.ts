// What docs/pipelines.md tells people to write is what the files know. Its outputs are held against real ones by the tests beside this one.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { root } from '../real/parts.ts';
import { shownBlocks } from './shown.ts';
import { yamlOf } from './stage.ts';

const page = readFileSync(join(root, 'docs/pipelines.md'), 'utf8');
const snippets = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, code = '']) => parse(code));
const named = z.looseObject({}).catchall(z.unknown());

test('every output on the page is held by a test', () => {
  assert.deepEqual(
    [...shownBlocks('docs/pipelines.md').keys()],
    ['action', 'action-summary', 'gitlab-gate', 'gitlab-deploy', 'jenkins-deploy', 'azure-gate', 'pre-commit'],
  );
  assert.equal([...page.matchAll(/^```text$/gm)].length, 7);
});

test('what is to be written is known to the files', () => {
  const [github, gitlab, azure, preCommit] = snippets;
  assert.equal(snippets.length, 4);
  const action = z.looseObject({ inputs: named, outputs: named }).parse(yamlOf('action.yml'));
  const step = github.jobs.gate.steps.find((each: { id?: string }) => each.id === 'kvitto');
  for (const input of Object.keys(step.with)) assert.ok(input in action.inputs, input);
  for (const [, output = ''] of page.matchAll(/steps\.kvitto\.outputs\.([a-z-]+)/g))
    assert.ok(output in action.outputs, output);
  assert.ok(
    page.includes(
      `Outputs: ${Object.keys(action.outputs)
        .map((name) => `\`${name}\``)
        .join(', ')}.`,
    ),
  );

  const jobs = named.parse(yamlOf('pipelines/gitlab-ci.yml'));
  for (const job of ['kvitto:gate', 'deploy']) assert.ok(gitlab[job].extends in jobs, job);
  const template = readFileSync(join(root, 'pipelines/gitlab-ci.yml'), 'utf8');
  for (const name of Object.keys(gitlab.variables)) assert.ok(template.includes(`$${name}`), name);

  for (const each of azure.steps) {
    if (each.template === undefined) continue;
    const { parameters } = z
      .looseObject({ parameters: z.array(z.looseObject({ name: z.string() })) })
      .parse(yamlOf(each.template));
    const known = parameters.map(({ name }) => name);
    for (const name of Object.keys(each.parameters)) assert.ok(known.includes(name), name);
  }
  const hooks = z.array(z.looseObject({ id: z.string() })).parse(yamlOf('.pre-commit-hooks.yaml'));
  assert.deepEqual(
    preCommit.repos[0].hooks.map(({ id }: { id: string }) => id),
    hooks.map(({ id }) => id),
  );
});
