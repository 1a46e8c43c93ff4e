import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Inventory } from '../../model/inventory.ts';
import { resolveTarget } from '../resolve-target.ts';
import type { SourceOptions } from '../source.ts';
import { allSources } from '../sources/all.ts';
import { found, sampleScan } from '../testing/sample-cataloger.ts';
import { tarBytes } from '../testing/tar-bytes.ts';

const images = join(import.meta.dirname, '..', 'testdata', 'images');
const scratch = mkdtempSync(join(tmpdir(), 'kvitto-archive-'));
after(() => rmSync(scratch, { recursive: true }));

const options: SourceOptions = {
  platform: null,
  caFile: null,
  insecure: false,
  offline: true,
  mirrors: {},
  env: {},
  idleTimeoutMs: 1000,
  signal: new AbortController().signal,
};

async function scanned(target: string, changes: Partial<SourceOptions> = {}): Promise<Inventory & { source: string }> {
  const resolved = await resolveTarget(target, allSources);
  const opened = await resolved.source.open(resolved.target, { ...options, ...changes });
  try {
    return { ...(await sampleScan(opened)), source: resolved.source.id };
  } finally {
    if (opened.kind === 'image') await opened.close();
  }
}

const configDigest = 'sha256:0cd5acb946728824446fff29bc82ff366765f172a5377649bb2d989eca0bd14e';
const diffIds = [
  'sha256:bc6dfe5563a17b368422aa539e45507bc950e35b89e87d54463cc8494168aa8a',
  'sha256:9f9ec95b68b10868870f9502fbf3a959627d829695bc0b6513c2c9d73765e2ef',
  'sha256:45999ca2de4230dc6642e7366ad5b9f204812c7bc1b778a0ef68b2086fa184e7',
  'sha256:3729931cf956520c03db8f683fd5e2e7ead6522027509d51227dc53ca5896385',
];
const content: [string, string, number][] = [
  ['app/cache/package.json', '{"name":"fresh","version":"2.0.0"}', 3],
  ['app/package.json', '{"name":"app","version":"1.0.0"}', 0],
  ['usr/share/package.json', '{"name":"app","version":"1.0.0"}', 0],
];

function compressed(name: string): [string, string][] {
  const bytes = readFileSync(join(images, `${name}.tar`));
  writeFileSync(join(scratch, `${name}.tar.gz`), gzipSync(bytes));
  writeFileSync(join(scratch, `${name}.tar.zst`), zstdCompressSync(bytes));
  return [
    [`${name}, gzip`, join(scratch, `${name}.tar.gz`)],
    [`${name}, zstd`, join(scratch, `${name}.tar.zst`)],
  ];
}

describe('one image in every shape', () => {
  const names = ['skopeo-docker', 'docker-save-20.10', 'buildah', 'containerd', 'oci'];
  const shapes: [string, string][] = [
    ...names.map((name): [string, string] => [name, join(images, `${name}.tar`)]),
    ...names.flatMap(compressed),
    ['zstd layout', join(images, 'zstd-layout')],
  ];
  for (const [name, target] of shapes) {
    it(name, async () => {
      const inventory = await scanned(target);
      assert.deepEqual(found(inventory), content);
      assert.deepEqual(
        inventory.artifact.layers.map(({ diffId }) => diffId),
        diffIds,
      );
      assert.equal(inventory.artifact.configDigest, configDigest);
      assert.equal(inventory.artifact.platform, 'linux/amd64');
      assert.equal(inventory.artifact.name, target);
      assert.deepEqual(inventory.config, {
        user: '1000',
        entrypoint: [],
        cmd: ['sh'],
        env: ['A'],
        exposedPorts: ['80/tcp'],
        labels: { a: 'b' },
        created: '2026-01-01T00:00:00Z',
      });
      assert.deepEqual(inventory.os, {
        id: 'sample',
        versionId: '1',
        name: 'Sample Linux 1',
        ecosystem: null,
      });
      assert.deepEqual(inventory.coverage, [{ cataloger: 'lang/sample', revision: 1, files: 3, components: 3 }]);
      assert.deepEqual(inventory.problems, []);
      const { digest, digestOf, references } = inventory.artifact;
      assert.deepEqual({ digest, digestOf, references }, identity[name.replace(/, .*/, '')]);
    });
  }
  const docker = { digest: configDigest, digestOf: 'config', references: ['docker.io/library/sample:1'] };
  const identity: Record<string, unknown> = {
    'skopeo-docker': docker,
    buildah: docker,
    'docker-save-20.10': { ...docker, references: ['sample:1'] },
    containerd: {
      digest: 'sha256:7797781362a951f552e9759b21ebbe348a13c0238d43815a7530b1a694450b38',
      digestOf: 'manifest',
      references: ['sample:1'],
    },
    oci: {
      digest: 'sha256:7797781362a951f552e9759b21ebbe348a13c0238d43815a7530b1a694450b38',
      digestOf: 'manifest',
      references: ['sample:1'],
    },
    'zstd layout': {
      digest: 'sha256:d9bac937c4e49e8bb62e379abe95b0db3a23b172e1bcacbac8314ef4913705e7',
      digestOf: 'manifest',
      references: ['sample'],
    },
  };
});

describe('an archive that is not in order', () => {
  const original = readFileSync(join(images, 'docker-save-20.10.tar'));
  const put = (name: string, bytes: Uint8Array): string => {
    const path = join(scratch, name);
    writeFileSync(path, bytes);
    return path;
  };
  it('cut short in a layer: the failure says so, because the manifest stands behind it', async () => {
    for (const [name, bytes] of [
      ['cut.tar', original.subarray(0, 9000)],
      ['cut.tar.gz', gzipSync(original).subarray(0, 2000)],
    ] as const) {
      const path = put(name, bytes);
      await assert.rejects(scanned(path), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'source-unreadable');
        assert.ok(error.message.startsWith(`${path}: the archive is damaged or cut short.`), error.message);
        return true;
      });
    }
  });
  it('a layer that was changed is reported, the rest is still there', async () => {
    const changed = Buffer.from(original);
    changed[changed.indexOf('"name":"fresh"') + 8] = 0x46;
    const inventory = await scanned(put('changed.tar', changed));
    assert.deepEqual(
      found(inventory).map(([path, text]) => [path, text]),
      [
        ['app/cache/package.json', '{"name":"Fresh","version":"2.0.0"}'],
        ...content.slice(1).map(([path, text]) => [path, text]),
      ],
    );
    assert.deepEqual(
      inventory.problems.map(({ code, where }) => [code, where]),
      [['digest-mismatch', `layer ${diffIds[3]}`]],
    );
  });
  it('a layer that is missing is reported, the rest is still there', async () => {
    const config = { os: 'linux', architecture: 'amd64', rootfs: { diff_ids: [diffIds[0], diffIds[1]] } };
    const path = put(
      'missing.tar',
      tarBytes([
        { path: 'c.json', content: JSON.stringify(config) },
        {
          path: 'manifest.json',
          content: JSON.stringify([{ Config: 'c.json', RepoTags: null, Layers: ['a/layer.tar', 'b/layer.tar'] }]),
        },
        { path: 'a/layer.tar', content: tarBytes([{ path: 'package.json', content: '{}' }]) },
      ]),
    );
    const inventory = await scanned(path);
    assert.deepEqual(
      found(inventory).map(([place]) => place),
      ['package.json'],
    );
    assert.deepEqual(
      inventory.problems.map(({ code, where }) => [code, where]),
      [
        ['unreadable', `layer ${diffIds[1]}`],
        ['digest-mismatch', `layer ${diffIds[0]}`],
      ],
    );
  });
  it('links in a circle, links that lead out, and documents that are something else end in a failure', async () => {
    const cases: [string, Buffer, string][] = [
      ['circle', tarBytes([{ path: 'manifest.json', type: '2', link: 'manifest.json' }]), 'source-unsupported'],
      ['out', tarBytes([{ path: 'manifest.json', type: '2', link: '../../../../etc/passwd' }]), 'source-unsupported'],
      ['list', tarBytes([{ path: 'manifest.json', content: '{"a":1}' }]), 'document-invalid'],
      ['nested', tarBytes([{ path: 'manifest.json', content: '['.repeat(100_000) }]), 'document-invalid'],
      ['no config', tarBytes([{ path: 'manifest.json', content: '[{"Layers":[]}]' }]), 'document-invalid'],
      ['unsafe', tarBytes([{ path: 'manifest.json', content: '[{"Config":"../x","Layers":[]}]' }]), 'document-invalid'],
      ['absent', tarBytes([{ path: 'manifest.json', content: '[{"Config":"x","Layers":[]}]' }]), 'source-unreadable'],
      ['none', tarBytes([{ path: 'manifest.json', content: '[]' }]), 'source-not-found'],
      [
        'index',
        tarBytes([{ path: 'index.json', content: '{"manifests":[{"digest":"sha256:x","size":1}]}' }]),
        'document-invalid',
      ],
      ['neither', tarBytes([{ path: 'readme' }]), 'source-unsupported'],
      ['text', Buffer.from('hello '.repeat(200)), 'source-unsupported'],
      ['nothing', Buffer.alloc(0), 'source-unsupported'],
    ];
    for (const [name, bytes, code] of cases) {
      for (const target of [put(`${name}.tar`, bytes), put(`${name}.tar.gz`, gzipSync(bytes))]) {
        const failing = scanned(`docker-archive:${target}`);
        await assert.rejects(failing, (error: Error & { code?: string }) => {
          // Compressed text is only known to be no archive once it has been unpacked.
          assert.equal(
            error.code,
            name === 'text' && target.endsWith('gz') ? 'source-unreadable' : code,
            `${name}: ${error.message}`,
          );
          assert.ok(error.message.includes(target), error.message);
          return true;
        });
      }
    }
  });
  it('one image among several is chosen by its name', async () => {
    const config = (user: string): string => JSON.stringify({ rootfs: { diff_ids: [] }, config: { User: user } });
    const path = put(
      'two.tar',
      tarBytes([
        { path: 'a.json', content: config('a') },
        { path: 'b.json', content: config('b') },
        {
          path: 'manifest.json',
          content: JSON.stringify([
            { Config: 'a.json', RepoTags: ['x/a:1'], Layers: [] },
            { Config: 'b.json', RepoTags: ['b:2'], Layers: null },
          ]),
        },
      ]),
    );
    assert.equal((await scanned(`docker-archive:${path}:b:2`)).config?.user, 'b');
    assert.equal((await scanned(`docker-archive:${path}:x/a:1`)).config?.user, 'a');
    await assert.rejects(scanned(path), {
      code: 'source-not-found',
      message: `${path}: it holds several images: x/a:1, b:2.`,
    });
    await assert.rejects(scanned(`${path}:c`), { code: 'source-not-found', remedy: 'There is: x/a:1, b:2.' });
  });
  it('another platform than the one that was asked for is refused', async () => {
    const path = join(images, 'oci.tar');
    assert.deepEqual(found(await scanned(path, { platform: 'linux/amd64' })), content);
    await assert.rejects(scanned(path, { platform: 'linux/arm64' }), { code: 'source-not-found' });
    await assert.rejects(scanned(path, { platform: 'arm64' }), { code: 'usage' });
  });
});
