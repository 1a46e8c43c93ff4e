// What is shipped and written about the fields of the central log is what the encodings write.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { logFieldsPage, mappedType } from '../../scripts/log-fields.ts';
import { ecsOf } from '../../src/alerts/encodings/ecs.ts';
import { ecsFields } from '../../src/alerts/encodings/testing/ecs-oracle.ts';
import { leavesOf } from '../../src/alerts/encodings/testing/leaves.ts';
import { sampleContext, sampleEvents } from '../../src/alerts/encodings/testing/sample-events.ts';
import { officialSchema } from '../../src/formats/testing/schemas.ts';
import { changeKinds } from '../../src/model/event.ts';
import { root } from '../real/parts.ts';

interface Mapping {
  readonly type?: string;
  readonly enabled?: boolean;
  readonly ignore_above?: number;
  readonly fields?: Readonly<Record<string, Mapping>>;
  readonly properties?: Readonly<Record<string, Mapping>>;
}

const template: { template: { mappings: Mapping & { dynamic: boolean } } } = JSON.parse(
  readFileSync(join(root, 'monitoring/elasticsearch/index-template.json'), 'utf8'),
);

/** All that the template maps, by path. */
function mapped(at: Mapping, path = ''): [string, Mapping][] {
  if (at.properties === undefined) return [[path, at]];
  return Object.entries(at.properties).flatMap(([key, inner]) => mapped(inner, path === '' ? key : `${path}.${key}`));
}

test('docs/sinks/log-fields.md is what the encodings write', () => {
  const page = readFileSync(join(root, 'docs/sinks/log-fields.md'), 'utf8');
  assert.equal(page, logFieldsPage(), 'write it anew: npm run docs');
});

const fits: Readonly<Record<string, (value: unknown) => boolean>> = {
  keyword: (v) => typeof v === 'string',
  match_only_text: (v) => typeof v === 'string',
  date: (v) => typeof v === 'string' && !Number.isNaN(Date.parse(v)),
  long: (v) => Number.isSafeInteger(v),
  float: (v) => typeof v === 'number',
  boolean: (v) => typeof v === 'boolean',
  object: () => true,
};

test('the index template maps every field that is written, and its type takes what is written', () => {
  const written = new Set(['kvitto.detail', 'kvitto.shortened', ...changeKinds.map((kind) => `kvitto.counts.${kind}`)]);
  for (const event of sampleEvents) {
    for (const { path, value } of leavesOf(ecsOf(event, sampleContext))) {
      const type = mappedType(path);
      assert.ok(
        type !== null && fits[type]?.(value) === true,
        `${path} is mapped as ${type}, and ${String(value)} is written`,
      );
      if (!path.startsWith('kvitto.detail.')) written.add(path);
    }
  }
  const all = mapped(template.template.mappings).map(([path]) => path);
  assert.deepEqual(all.sort(), [...written].sort());
  assert.equal(template.template.mappings.dynamic, false);
});

test('the index template maps the fields of ECS as ECS does', (t) => {
  const skip = (reason: string) => t.skip(`NOT HELD AGAINST ECS: ${reason}`);
  const [fields, official] = [ecsFields(skip), officialSchema('ecs/template-vulnerability.json', skip)];
  if (fields === null || official === null) return;
  for (const [path, mapping] of mapped(template.template.mappings)) {
    if (!path.startsWith('kvitto.')) assert.equal(mapping.type, fields.get(path)?.type, path);
    if (mapping.type === 'keyword') assert.ok((mapping.ignore_above ?? 0) >= 1024, path);
  }
  const theirs = new Map(mapped((official as unknown as typeof template).template.mappings));
  for (const [path, mapping] of mapped(template.template.mappings)) {
    if (!path.startsWith('vulnerability.')) continue;
    assert.deepEqual(mapping, theirs.get(path), path);
  }
});

// Fluent Bit itself cannot be had here: that it takes the file was not tested.
test('the example for Fluent Bit is YAML that reads what the sink writes', () => {
  const example = parse(readFileSync(join(root, 'monitoring/fluent-bit/kvitto.yaml'), 'utf8'));
  assert.deepEqual(Object.keys(example), ['service', 'parsers', 'pipeline']);
  const [input] = example.pipeline.inputs;
  const [parser] = example.parsers;
  assert.deepEqual(
    [input.name, input.parser, parser.format, parser.time_key],
    ['tail', parser.name, 'json', '@timestamp'],
  );
  assert.equal(example.pipeline.outputs[0].id_key, 'event.id');
});
