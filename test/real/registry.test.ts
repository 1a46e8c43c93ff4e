import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { CodedError, type FailureCode } from '../../src/model/errors.ts';
import type { ImageSource, SourceOptions } from '../../src/scan/source.ts';
import { registrySource } from '../../src/scan/sources/registry/index.ts';
import { pushImage, type RegistryServer, registryPrograms, startRegistry } from './registry-server.ts';
import { buildSmallImage, type SmallImage, smallImagePrograms } from './small-image.ts';
import { startTokenService } from './token-service.ts';
import { missing } from './tool.ts';

const skip = missing(...registryPrograms, ...smallImagePrograms) ?? false;

const options = (more: Partial<SourceOptions> = {}): SourceOptions => ({
  platform: 'linux/amd64',
  caFile: null,
  insecure: false,
  offline: false,
  mirrors: {},
  env: {},
  idleTimeoutMs: 10_000,
  signal: new AbortController().signal,
  ...more,
});

/** Reads all of an image: what it says, and the digests of its uncompressed layers. */
async function readImage(target: string, more: Partial<SourceOptions>) {
  const image = await registrySource.open(target, options(more));
  assert.equal(image.kind, 'image');
  const source = image as ImageSource;
  try {
    const digests = new Map<string, string>();
    for await (const layer of source.layers(new AbortController().signal)) {
      digests.set(layer.key, await uncompressedDigest(layer.bytes));
    }
    const facts = await source.describe();
    return { facts, diffIds: facts.layerKeys.map((key) => digests.get(key)), source, keys: facts.layerKeys };
  } finally {
    await source.close();
  }
}

async function uncompressedDigest(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  const all = Buffer.concat(chunks);
  const plain = all[0] === 0x1f ? gunzipSync(all) : all;
  return `sha256:${createHash('sha256').update(plain).digest('hex')}`;
}

const fails = (code: FailureCode, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof CodedError, String(error));
  assert.deepEqual([error.code, message.test(error.message)], [code, true], `${error.code}: ${error.message}`);
  return true;
};

describe('a real registry', { skip }, () => {
  const password = ['correct', 'horse'].join('-');
  let folder = '';
  let small: SmallImage;
  let secure: RegistryServer;
  let open: RegistryServer;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kvitto-real-'));
    [small, secure, open] = await Promise.all([
      buildSmallImage(folder),
      startRegistry({ tls: true, user: 'ann', password }),
      startRegistry(),
    ]);
    for (const registry of [secure, open]) {
      await pushImage(registry, `oci:${small.layout}:all`, 'demo/app:all');
      await pushImage(registry, `oci:${small.layout}:amd64`, 'demo/app:1');
    }
    await pushImage(open, `oci:${small.layout}:amd64`, 'demo/app:docker', '--format', 'v2s2');
  });
  after(async () => {
    await Promise.all([secure?.stop(), open?.stop()]);
    if (folder !== '') await rm(folder, { recursive: true, force: true });
  });

  const login = () => ({
    caFile: secure.caFile,
    env: { KVITTO_USERNAME: 'ann', KVITTO_PASSWORD: password },
  });
  const expected = (architecture: string) => {
    const image = small.images.get(architecture);
    assert.ok(image);
    return image;
  };

  test('with TLS and login: an image, whole and right', async () => {
    const target = `${secure.host}/demo/app:1`;
    const { facts, diffIds } = await readImage(target, login());
    const { manifest, diffIds: wanted, config } = expected('amd64');
    assert.deepEqual(diffIds, wanted);
    const { layers, ...artifact } = facts.artifact;
    assert.deepEqual(artifact, {
      kind: 'image',
      name: target,
      digest: manifest,
      digestOf: 'manifest',
      references: [target],
      platform: 'linux/amd64',
      configDigest: config,
    });
    assert.deepEqual(
      layers.map((layer) => layer.diffId),
      wanted,
    );
    assert.equal(facts.config.user, '10001');
    assert.deepEqual(facts.problems, []);
  });

  test('an index: the platform that was asked for, by tag and by digest', async () => {
    for (const architecture of ['amd64', 'arm64']) {
      for (const name of [':all', `@${small.index}`]) {
        const more = { ...login(), platform: `linux/${architecture}` };
        const { facts, diffIds } = await readImage(`${secure.host}/demo/app${name}`, more);
        assert.deepEqual(diffIds, expected(architecture).diffIds);
        assert.equal(facts.artifact.digest, expected(architecture).manifest);
        assert.equal(facts.artifact.platform, `linux/${architecture}`);
      }
    }
    const other = readImage(`${secure.host}/demo/app:all`, { ...login(), platform: 'linux/s390x' });
    await assert.rejects(
      other,
      fails('source-not-found', /no image for linux\/s390x; there is: linux\/amd64, linux\/arm64/),
    );
  });

  test('the login of a file that docker login writes', async () => {
    const auth = Buffer.from(`ann:${password}`).toString('base64');
    await writeFile(join(folder, 'config.json'), JSON.stringify({ auths: { [secure.host]: { auth } } }));
    const { diffIds } = await readImage(`${secure.host}/demo/app:1`, {
      caFile: secure.caFile,
      env: { DOCKER_CONFIG: folder },
    });
    assert.deepEqual(diffIds, expected('amd64').diffIds);
  });

  test('plain http with --insecure, in the form of Docker too', async () => {
    for (const tag of ['1', 'docker']) {
      const { facts, diffIds } = await readImage(`${open.host}/demo/app:${tag}`, { insecure: true });
      assert.deepEqual(diffIds, expected('amd64').diffIds);
      assert.equal(facts.artifact.configDigest, tag === '1' ? expected('amd64').config : facts.artifact.configDigest);
    }
    await assert.rejects(readImage(`${open.host}/demo/app:1`, {}), fails('source-unreachable', /does not speak TLS/));
  });

  test('a mirror that has it is asked alone', async () => {
    const host = 'registry.invalid';
    const { facts, diffIds } = await readImage(`${host}/demo/app:1`, {
      insecure: true,
      mirrors: { [host]: [open.host] },
    });
    assert.deepEqual(diffIds, expected('amd64').diffIds);
    assert.deepEqual(facts.artifact.references, [`${host}/demo/app:1`]);
  });

  test('a layer again, for itself', async () => {
    const image = (await registrySource.open(`${secure.host}/demo/app:1`, options(login()))) as ImageSource;
    try {
      const { layerKeys } = await image.describe();
      const key = layerKeys[1] ?? '';
      const digest = await uncompressedDigest(image.reopen(key, new AbortController().signal));
      assert.equal(digest, expected('amd64').diffIds[1]);
    } finally {
      await image.close();
    }
  });

  test('layers that are given up do not hold up the next', async () => {
    const image = (await registrySource.open(`${secure.host}/demo/app:1`, options(login()))) as ImageSource;
    const keys: string[] = [];
    try {
      for await (const layer of image.layers(new AbortController().signal)) {
        keys.push(layer.key);
        if (keys.length === 2) for await (const _ of layer.bytes) break;
      }
      assert.deepEqual(keys, (await image.describe()).layerKeys);
    } finally {
      await image.close();
    }
  });

  test('refusals say what is wrong', async () => {
    const target = `${secure.host}/demo/app:1`;
    const { caFile } = secure;
    const wrong = { KVITTO_USERNAME: 'ann', KVITTO_PASSWORD: 'wrong' };
    await assert.rejects(readImage(target, { caFile }), fails('source-unauthorized', /wants a login/));
    await assert.rejects(
      readImage(target, { caFile, env: wrong }),
      fails('source-unauthorized', /with the login from KVITTO_/),
    );
    await assert.rejects(readImage(target, { ...login(), caFile: null }), fails('source-unreachable', /not trusted/));
    const absent = `${secure.host}/demo/app:none`;
    await assert.rejects(readImage(absent, login()), fails('source-not-found', /MANIFEST_UNKNOWN/));
    await assert.rejects(readImage(`${secure.host}/none:1`, login()), fails('source-not-found', /not found/));
    await assert.rejects(readImage(target, { ...login(), offline: true }), fails('source-unreachable', /--offline/));
    const stop = AbortSignal.abort();
    await assert.rejects(readImage(target, { ...login(), signal: stop }), fails('aborted', /Stopped/));
  });

  test('a blob that is damaged in the storage of the registry', async () => {
    await pushImage(open, `oci:${small.layout}:arm64`, 'damaged:1');
    const read = () => readImage(`${open.host}/damaged:1`, { insecure: true, platform: 'linux/arm64' });
    const { facts } = await read();
    const hex = (facts.artifact.layers[0]?.digest ?? '').slice('sha256:'.length);
    const file = join(open.storage, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data');
    const { size } = await stat(file);
    await writeFile(file, Buffer.alloc(size));
    await assert.rejects(read(), fails('digest-mismatch', /have the digest/));
    await truncate(file, 10);
    await assert.rejects(read(), fails('digest-mismatch', /sends 10 bytes; the manifest says/));
  });

  test('a registry that wants a token of another service, with a login and without', async () => {
    const service = await startTokenService('ann', password);
    const registry = await startRegistry({ user: 'ann', password, token: service });
    try {
      const from = `oci:${small.layout}:amd64`;
      for (const name of ['public/app:1', 'secret/app:1']) await pushImage(registry, from, name);
      const before = service.seen.length;
      const env = { KVITTO_USERNAME: 'ann', KVITTO_PASSWORD: password };
      const open = await readImage(`${registry.host}/public/app:1`, { insecure: true });
      const closed = await readImage(`${registry.host}/secret/app:1`, { insecure: true, env });
      assert.deepEqual([open.diffIds, closed.diffIds], Array(2).fill(expected('amd64').diffIds));
      const query = (name: string) => `service=kvitto-test-registry&scope=repository%3A${name}%2Fapp%3Apull`;
      assert.deepEqual(service.seen.slice(before), [`${query('public')} anonymous`, `${query('secret')} with login`]);
      const refused = readImage(`${registry.host}/secret/app:1`, { insecure: true });
      await assert.rejects(refused, fails('source-unauthorized', /wants a login, and there is none/));
      const wrong = { ...env, KVITTO_PASSWORD: 'wrong' };
      const mistaken = readImage(`${registry.host}/secret/app:1`, { insecure: true, env: wrong });
      await assert.rejects(mistaken, fails('source-unauthorized', /refused the login from KVITTO_USERNAME/));
      const strict = readImage(`${registry.host}/secret/app:1`, { env });
      await assert.rejects(strict, fails('source-unreachable', /does not speak TLS/));
    } finally {
      await Promise.all([registry.stop(), service.stop()]);
    }
  });
});
