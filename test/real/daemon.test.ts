import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CodedError, type FailureCode } from '../../src/model/errors.ts';
import type { ImageSource, Source, SourceOptions } from '../../src/scan/source.ts';
import { dockerSource } from '../../src/scan/sources/docker/index.ts';
import { podmanSource } from '../../src/scan/sources/podman/index.ts';
import { type ContainerDaemon, startDockerDaemon, startPodman, whyNoDocker, whyNoPodman } from './docker-daemon.ts';
import { buildSmallImage, type SmallImage, smallImagePrograms } from './small-image.ts';
import { missing, run } from './tool.ts';

const fails = (code: FailureCode, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof CodedError, String(error));
  assert.deepEqual([error.code, message.test(error.message)], [code, true], `${error.code}: ${error.message}`);
  return true;
};

interface Kind {
  readonly source: Source;
  readonly why: string | null;
  readonly start: () => Promise<ContainerDaemon>;
  readonly variable: 'DOCKER_HOST' | 'CONTAINER_HOST';
  /** Of the one image that was loaded as `demo:1` and as `localhost/built:1`. */
  readonly references: readonly RegExp[];
}

const kinds: readonly Kind[] = [
  {
    source: dockerSource,
    why: whyNoDocker(),
    start: startDockerDaemon,
    variable: 'DOCKER_HOST',
    references: [/^demo:1$/, /^localhost\/built:1$/],
  },
  {
    source: podmanSource,
    why: whyNoPodman(),
    start: startPodman,
    variable: 'CONTAINER_HOST',
    references: [
      /^docker\.io\/library\/demo:1$/,
      /^docker\.io\/library\/demo@sha256:[0-9a-f]{64}$/,
      /^localhost\/built:1$/,
      /^localhost\/built@sha256:[0-9a-f]{64}$/,
    ],
  },
];

for (const { source, why, start, variable, references } of kinds) {
  const skip = why ?? missing('skopeo', ...smallImagePrograms) ?? false;
  describe(`a real daemon: ${source.id}`, { skip }, () => {
    let folder = '';
    let small: SmallImage;
    let daemon: ContainerDaemon;

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'kvitto-real-'));
      [small, daemon] = await Promise.all([buildSmallImage(folder), start()]);
      const archive = join(folder, 'demo.tar');
      for (const name of ['demo:1', 'localhost/built:1']) {
        const from = `oci:${small.layout}:amd64`;
        await run('skopeo', ['--insecure-policy', 'copy', '-q', from, `docker-archive:${archive}:${name}`]);
        await daemon.load(archive);
        await rm(archive);
      }
    });
    after(async () => {
      await daemon?.stop();
      if (folder !== '') await rm(folder, { recursive: true, force: true });
    });

    const options = (more: Partial<SourceOptions> = {}): SourceOptions => ({
      platform: null,
      caFile: null,
      insecure: false,
      offline: true,
      mirrors: {},
      env: { [variable]: daemon.host },
      idleTimeoutMs: 10_000,
      signal: new AbortController().signal,
      ...more,
    });
    const read = async (target: string, more: Partial<SourceOptions> = {}) => {
      const image = (await source.open(target, options(more))) as ImageSource;
      try {
        const digests = new Map<string, string>();
        for await (const layer of image.layers(new AbortController().signal)) {
          const hash = createHash('sha256');
          for await (const chunk of layer.bytes) hash.update(chunk);
          digests.set(layer.key, `sha256:${hash.digest('hex')}`);
        }
        const facts = await image.describe();
        return { facts, diffIds: facts.layerKeys.map((key) => digests.get(key)) };
      } finally {
        await image.close();
      }
    };

    test('an image by name, whole and right, also with --offline', async () => {
      const { facts, diffIds } = await read('demo:1', { platform: 'linux/amd64' });
      const expected = small.images.get('amd64');
      assert.deepEqual(diffIds, expected?.diffIds);
      const { layers, references: told, digest, ...artifact } = facts.artifact;
      assert.equal(told.length, references.length);
      for (const [at, pattern] of references.entries()) assert.match(told[at] ?? '', pattern);
      assert.equal(digest, artifact.configDigest);
      assert.deepEqual(artifact, {
        kind: 'image',
        name: 'demo:1',
        digestOf: 'config',
        platform: 'linux/amd64',
        configDigest: artifact.configDigest,
      });
      assert.deepEqual(
        layers.map((layer) => layer.diffId),
        expected?.diffIds,
      );
      assert.equal(facts.config.user, '10001');
      assert.deepEqual(facts.problems, []);
    });

    test('the same image by id', async () => {
      const { facts } = await read('demo:1');
      const id = facts.artifact.configDigest ?? '';
      for (const name of [id, id.slice('sha256:'.length), id.slice('sha256:'.length).slice(0, 12)]) {
        const again = await read(name);
        assert.deepEqual({ ...again.facts.artifact, name: '' }, { ...facts.artifact, name: '' });
        assert.deepEqual(again.diffIds, small.images.get('amd64')?.diffIds);
      }
    });

    test('an image that was built here', async () => {
      assert.deepEqual((await read('localhost/built:1')).diffIds, small.images.get('amd64')?.diffIds);
      if (source.id === 'podman') assert.equal((await read('built:1')).facts.artifact.name, 'built:1');
    });

    test('a layer again, for itself', async () => {
      const image = (await source.open('demo:1', options())) as ImageSource;
      for await (const layer of image.layers(new AbortController().signal)) for await (const _ of layer.bytes) break;
      const { layerKeys } = await image.describe();
      const hash = createHash('sha256');
      for await (const chunk of image.reopen(layerKeys[1] ?? '', new AbortController().signal)) hash.update(chunk);
      assert.equal(`sha256:${hash.digest('hex')}`, small.images.get('amd64')?.diffIds[1]);
      await image.close();
    });

    test('refusals say what is wrong', async () => {
      await assert.rejects(read('none:1'), fails('source-not-found', /no image none:1 \(.*[Nn]o such image/));
      await assert.rejects(
        read('demo:1', { platform: 'linux/s390x' }),
        fails('source-not-found', /not for linux\/s390x/),
      );
      const nowhere = { [variable]: `unix://${folder}/none.sock` };
      await assert.rejects(read('demo:1', { env: nowhere }), fails('source-unreachable', /no daemon listens there/));
      await assert.rejects(read('demo:1', { signal: AbortSignal.abort() }), fails('aborted', /Stopped/));
      await assert.rejects(read('../containers/json'), fails('usage', /names no image/));
    });
  });
}
