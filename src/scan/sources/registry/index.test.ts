import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CodedError, type FailureCode } from '../../../model/errors.ts';
import { digestOf } from '../../digest.ts';
import { loopback } from '../../registry-client/testing/loopback.ts';
import type { ImageSource, SourceOptions } from '../../source.ts';
import { registrySource } from './index.ts';

const options = (more: Partial<SourceOptions> = {}): SourceOptions => ({
  platform: null,
  caFile: null,
  insecure: true,
  offline: false,
  mirrors: {},
  env: {},
  idleTimeoutMs: 5_000,
  signal: new AbortController().signal,
  ...more,
});

const fails = (code: FailureCode, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof CodedError, String(error));
  assert.deepEqual([error.code, message.test(error.message)], [code, true], `${error.code}: ${error.message}`);
  return true;
};

const index = 'application/vnd.oci.image.index.v1+json';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';
const configType = 'application/vnd.oci.image.config.v1+json';
const layerType = 'application/vnd.oci.image.layer.v1.tar';

/** A registry that hands out these documents and blobs by tag or digest. */
async function registryOf(t: TestContext, named: Record<string, unknown>, blobs: readonly Uint8Array[]) {
  const byName = new Map<string, Uint8Array>(blobs.map((bytes) => [digestOf(bytes), bytes]));
  for (const [name, document] of Object.entries(named)) byName.set(name, bytesOf(document));
  return await loopback(t, (request, response) => {
    const found = byName.get(decodeURIComponent(request.url?.split('/').at(-1) ?? ''));
    if (found === undefined) response.writeHead(404).end();
    else response.end(found);
  });
}

const bytesOf = (document: unknown): Buffer => Buffer.from(JSON.stringify(document));
const describe = (bytes: Uint8Array, mediaType: string, more: object = {}) => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.length,
  ...more,
});

/** An image of these layers: its manifest and all its blobs. */
function imageOf(layers: readonly Buffer[], architecture = 'amd64', layerMediaType = layerType) {
  const config = bytesOf({
    os: 'linux',
    architecture,
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => digestOf(layer)) },
  });
  const manifest = bytesOf({
    schemaVersion: 2,
    mediaType: manifestType,
    config: describe(config, configType),
    layers: layers.map((layer) => describe(layer, layerMediaType)),
  });
  return { manifest, config, blobs: [manifest, config, ...layers] };
}

async function readAll(target: string, more: Partial<SourceOptions> = {}) {
  const image = (await registrySource.open(target, options(more))) as ImageSource;
  try {
    const keys: string[] = [];
    for await (const layer of image.layers(new AbortController().signal)) {
      keys.push(layer.key);
      for await (const _ of layer.bytes);
    }
    return { keys, facts: await image.describe() };
  } finally {
    await image.close();
  }
}

test('guesses a reference, unless it is a file that is there', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kvitto-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'image.tar'), '');
  const cases: readonly (readonly [string, boolean])[] = [
    ['debian', true],
    ['quay.io/a/b:1', true],
    [join(folder, 'image.tar'), false],
    [folder, false],
    ['./x', false],
    ['-', false],
    ['', false],
  ];
  for (const [target, expected] of cases) assert.equal(await registrySource.guess(target), expected, target);
});

test('a layer that is there twice is fetched once', async (t) => {
  const [a, b] = [Buffer.alloc(1024, 'a'), Buffer.alloc(1024, 'b')];
  const { manifest, blobs, config } = imageOf([a, b, a]);
  const server = await registryOf(t, {}, blobs);
  const name = `${server.host}/x@${digestOf(manifest)}`;
  const { keys, facts } = await readAll(name);
  assert.deepEqual(keys, [digestOf(a), digestOf(b)]);
  assert.deepEqual(facts, {
    artifact: {
      kind: 'image',
      name,
      digest: digestOf(manifest),
      digestOf: 'manifest',
      references: [],
      platform: 'linux/amd64',
      configDigest: digestOf(config),
      layers: [a, b, a].map((layer) => ({ diffId: digestOf(layer), digest: digestOf(layer), createdBy: null })),
    },
    config: { user: '', entrypoint: [], cmd: [], env: [], exposedPorts: [], labels: {}, created: null },
    layerKeys: [digestOf(a), digestOf(b), digestOf(a)],
    problems: [],
  });
  assert.equal(server.seen.filter((line) => line.includes(digestOf(a))).length, 1);
});

test('layers that their publisher keeps elsewhere are a problem, not a failure', async (t) => {
  const layer = Buffer.alloc(1024, 'a');
  const foreign = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
  const { manifest, config } = imageOf([layer], 'amd64', foreign);
  const server = await registryOf(t, {}, [manifest, config]);
  const { keys, facts } = await readAll(`${server.host}/x@${digestOf(manifest)}`);
  assert.deepEqual(keys, []);
  assert.deepEqual(
    facts.problems.map((problem) => [problem.code, problem.where]),
    [['unsupported', `layer ${digestOf(layer)}`]],
  );
});

test('an index within an index is opened, but not without end', async (t) => {
  const { manifest, blobs } = imageOf([]);
  const entry = { platform: { os: 'linux', architecture: 'amd64' } };
  const nest = (bytes: Buffer, times: number): Buffer[] => {
    const mediaType = times === 0 ? manifestType : index;
    if (times === 0)
      return [bytesOf({ schemaVersion: 2, mediaType: index, manifests: [describe(bytes, mediaType, entry)] })];
    const inner = nest(bytes, times - 1);
    const outer = { schemaVersion: 2, mediaType: index, manifests: [describe(inner[0] ?? bytes, index, entry)] };
    return [bytesOf(outer), ...inner];
  };
  for (const [times, refused] of [
    [0, false],
    [2, false],
    [3, true],
    [6, true],
  ] as const) {
    const documents = nest(manifest, times);
    const server = await registryOf(t, {}, [...documents, ...blobs]);
    const read = readAll(`${server.host}/x@${digestOf(documents[0] ?? manifest)}`, { platform: 'linux/amd64' });
    if (refused) await assert.rejects(read, fails('limit-exceeded', /more than 3 deep/));
    else assert.equal((await read).facts.artifact.digest, digestOf(manifest));
  }
});

const documents: readonly (readonly [string, unknown, FailureCode, RegExp])[] = [
  ['manifest version 1', { schemaVersion: 1, fsLayers: [] }, 'source-unsupported', /manifest version 1/],
  [
    'a chart',
    { schemaVersion: 2, config: describe(Buffer.from('{}'), 'application/vnd.cncf.helm.config.v1+json'), layers: [] },
    'source-unsupported',
    /no container image/,
  ],
  ['a list', [], 'document-invalid', /not a JSON object/],
  ['an empty index', { schemaVersion: 2, mediaType: index, manifests: [] }, 'source-not-found', /no image for/],
  ['a configuration that is not there', JSON.parse(imageOf([]).manifest.toString()), 'source-not-found', /not found/],
];
for (const [name, document, code, message] of documents) {
  test(`refuses ${name}`, async (t) => {
    const server = await registryOf(t, { latest: document }, []);
    await assert.rejects(readAll(`${server.host}/x`), fails(code, message));
  });
}

test('opens no connection with --offline, nor for what is no reference', async (t) => {
  const server = await registryOf(t, {}, []);
  await assert.rejects(readAll(`${server.host}/x`, { offline: true }), fails('source-unreachable', /with --offline/));
  await assert.rejects(readAll(`${server.host}/X`), fails('usage', /capital letters/));
  assert.deepEqual(server.seen, []);
});
