import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Digest } from '../model/inventory.ts';
import { digestOf } from './digest.ts';
import { type ImageParts, imageFacts } from './image-facts.ts';
import {
  choosePlatform,
  type Descriptor,
  maxManifestBytes,
  parseImageDocument,
  parseIndex,
  parseManifest,
} from './image-manifest.ts';
import { defaultPlatform, formatPlatform, parsePlatform, samePlatform } from './platform.ts';

const digest = (digit: string): Digest => `sha256:${digit.repeat(64)}`;
const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const code = (expected: string) => (error: Error & { code?: string }) => {
  assert.equal(error.code, expected, error.message);
  assert.ok(error.message.startsWith('x: ') || error.message.startsWith('image x: '), error.message);
  return true;
};
const configType = 'application/vnd.oci.image.config.v1+json';
const layerType = 'application/vnd.oci.image.layer.v1.tar+gzip';
const entry = (name: string, more: object = {}) => ({ mediaType: '', digest: digest(name), size: 7, ...more });

describe('documents of an image', () => {
  it('an index and a manifest, as OCI and as Docker write them', () => {
    const platform = { os: 'linux', architecture: 'arm64', variant: 'v8' };
    const index = { schemaVersion: 2, manifests: [entry('a', { platform, annotations: { k: 'v', n: 1 } })] };
    const expected: Descriptor = {
      mediaType: '',
      digest: digest('a'),
      sizeBytes: 7,
      platform,
      annotations: new Map([['k', 'v']]),
    };
    assert.deepEqual(parseIndex(bytes(index), 'x'), { kind: 'index', manifests: [expected] });
    for (const mediaType of [configType, 'application/vnd.docker.container.image.v1+json', '']) {
      const { kind, config, layers } = parseManifest(
        bytes({ schemaVersion: 2, config: entry('c', { mediaType }), layers: [] }),
        'x',
      );
      assert.deepEqual([kind, config.digest, layers], ['manifest', digest('c'), []]);
    }
  });
  it('what is none is refused with its reason', () => {
    const config = entry('c', { mediaType: configType });
    const cases: [unknown, string][] = [
      [[], 'document-invalid'],
      [{}, 'document-invalid'],
      [{ schemaVersion: 1, fsLayers: [] }, 'source-unsupported'],
      [{ manifests: [], layers: [], config }, 'document-invalid'],
      [{ mediaType: 'application/vnd.oci.image.manifest.v1+json', manifests: [] }, 'document-invalid'],
      [{ mediaType: 'application/vnd.oci.image.index.v1+json', config, layers: [] }, 'document-invalid'],
      [{ manifests: {} }, 'document-invalid'],
      [{ manifests: [null] }, 'document-invalid'],
      [{ manifests: [{ ...entry('a'), digest: 'sha256:abc' }] }, 'document-invalid'],
      [{ manifests: [{ ...entry('a'), digest: `sha512:${'a'.repeat(128)}` }] }, 'source-unsupported'],
      [{ manifests: [{ ...entry('a'), size: -1 }] }, 'document-invalid'],
      [{ manifests: [{ ...entry('a'), size: '7' }] }, 'document-invalid'],
      [{ manifests: Array(5000).fill(entry('a')) }, 'limit-exceeded'],
      [
        { config: { ...config, mediaType: 'application/vnd.cncf.helm.config.v1+json' }, layers: [] },
        'source-unsupported',
      ],
    ];
    for (const [document, expected] of cases)
      assert.throws(() => parseImageDocument(bytes(document), 'x'), code(expected));
    assert.throws(() => parseImageDocument(Buffer.from('<html>'), 'x'), code('document-invalid'));
    assert.throws(() => parseImageDocument(Buffer.from([0x7b, 0xff, 0x7d]), 'x'), code('document-invalid'));
    assert.throws(() => parseImageDocument(Buffer.alloc(maxManifestBytes + 1, ' '), 'x'), code('limit-exceeded'));
    assert.throws(() => parseIndex(bytes({ config, layers: [] }), 'x'), code('document-invalid'));
    assert.throws(() => parseManifest(bytes({ manifests: [] }), 'x'), code('document-invalid'));
  });
});

describe('the platform', () => {
  const of = (...platforms: (string | null)[]): Descriptor[] =>
    platforms.map((text, at) => ({
      mediaType: '',
      digest: digest(String(at)),
      sizeBytes: 1,
      platform: text === null ? null : parsePlatform(text),
      annotations: new Map(),
    }));
  const chosen = (platform: string | null, ...platforms: (string | null)[]): string =>
    choosePlatform(of(...platforms), platform, 'x').digest.slice(7, 8);
  it('is the one that was asked for, under any of its names', () => {
    assert.equal(chosen('linux/arm64', 'linux/amd64', 'linux/arm64/v8'), '1');
    assert.equal(chosen('linux/arm64/v8', 'linux/amd64', 'linux/arm64'), '1');
    assert.equal(chosen('linux/aarch64', 'linux/amd64', 'linux/arm64'), '1');
    assert.equal(chosen('linux/arm/v6', 'linux/arm/v7', 'linux/arm/v6'), '1');
    assert.equal(chosen('linux/arm', 'linux/arm/v6', 'linux/arm/v7'), '1');
    assert.equal(chosen('linux/arm', 'linux/amd64', 'linux/arm/v5'), '1');
    assert.equal(chosen('linux/arm64', null), '0');
    assert.throws(() => chosen('linux/s390x', 'linux/amd64'), code('source-not-found'));
    assert.throws(() => chosen('linux/arm/v6', 'linux/arm/v7'), code('source-not-found'));
  });
  it("is this machine's when none was asked for, or the only one", () => {
    const own = formatPlatform(defaultPlatform());
    assert.equal(chosen(null, 'windows/amd64', own, 'linux/mips'), '1');
    assert.equal(chosen(null, 'linux/mips'), '0');
    assert.equal(chosen(null, null), '0');
    assert.throws(
      () => chosen(null, 'linux/mips', 'linux/riscv32'),
      (error: Error & { code?: string }) => {
        assert.equal(error.message, `x: no image for ${own}; there is: linux/mips, linux/riscv32.`);
        return code('source-not-found')(error);
      },
    );
    assert.throws(() => chosen(null), code('source-not-found'));
  });
  it('passes over attestations and artifacts', () => {
    const unknown = of('unknown/unknown', 'linux/mips');
    assert.equal(choosePlatform(unknown, null, 'x').digest, digest('1'));
    const [first, second] = of('linux/mips', 'linux/mips');
    const odd = [{ ...first, mediaType: 'application/json' }, second] as Descriptor[];
    assert.equal(choosePlatform(odd, null, 'x').digest, digest('1'));
  });
  it('is written os/architecture[/variant]', () => {
    for (const bad of ['', 'linux', 'linux/', '/amd64', 'linux/arm/', 'a/b/c/d'])
      assert.throws(() => parsePlatform(bad), { code: 'usage' });
    assert.ok(samePlatform(parsePlatform('Linux/x86_64'), parsePlatform('linux/amd64')));
    assert.ok(!samePlatform(parsePlatform('linux/arm'), parsePlatform('linux/arm/v6')));
  });
});

describe('what an image is', () => {
  const config = {
    os: 'linux',
    architecture: 'amd64',
    created: '2026-01-01T00:00:00Z',
    config: {
      User: '1:1',
      Env: ['A=b', 3],
      Cmd: ['x'],
      Entrypoint: null,
      ExposedPorts: { '80/tcp': {}, '22/tcp': {} },
      Labels: { b: '1', a: '2' },
    },
    history: [{ created_by: 'ADD' }, { created_by: 'ENV', empty_layer: true }, { created_by: 'RUN' }, 7],
    rootfs: { type: 'layers', diff_ids: [digest('1'), digest('2')] },
  };
  const parts = (json: unknown, more: Partial<ImageParts> = {}): ImageParts => {
    const configBytes = bytes(json);
    const layers = [entry('a', { mediaType: layerType }), entry('b', { mediaType: layerType })];
    const manifest = {
      schemaVersion: 2,
      config: { mediaType: configType, digest: digestOf(configBytes), size: 1 },
      layers,
    };
    return {
      name: 'x',
      references: ['b', 'a', 'b'],
      manifestBytes: bytes(manifest),
      configBytes,
      configDigest: null,
      layerKeys: null,
      platform: null,
      ...more,
    };
  };
  it('is told by its manifest and configuration', () => {
    const given = parts(config);
    assert.deepEqual(imageFacts(given), {
      artifact: {
        kind: 'image',
        name: 'x',
        digest: digestOf(given.manifestBytes ?? Buffer.alloc(0)),
        digestOf: 'manifest',
        references: ['a', 'b'],
        platform: 'linux/amd64',
        configDigest: digestOf(given.configBytes),
        layers: [
          { diffId: digest('1'), digest: digest('a'), createdBy: 'ADD' },
          { diffId: digest('2'), digest: digest('b'), createdBy: 'RUN' },
        ],
      },
      config: {
        user: '1:1',
        entrypoint: [],
        cmd: ['x'],
        env: ['A'],
        exposedPorts: ['22/tcp', '80/tcp'],
        labels: { a: '2', b: '1' },
        created: '2026-01-01T00:00:00Z',
      },
      layerKeys: [digest('a'), digest('b')],
      problems: [],
    });
  });
  it('without a manifest goes by its configuration', () => {
    const { artifact, layerKeys } = imageFacts(parts(config, { manifestBytes: null, layerKeys: ['l1', 'l2'] }));
    assert.deepEqual(
      [artifact.digest, artifact.digestOf, layerKeys],
      [digestOf(bytes(config)), 'config', ['l1', 'l2']],
    );
    assert.deepEqual(
      artifact.layers.map((layer) => layer.digest),
      [null, null],
    );
  });
  it('keeps labels with odd names as they are', () => {
    const odd = JSON.parse(
      '{"rootfs":{"diff_ids":null},"config":{"Labels":{"__proto__":"p","constructor":"c","n":1}}}',
    );
    const { config: run, artifact } = imageFacts(parts(odd, { manifestBytes: null, layerKeys: [] }));
    assert.deepEqual(Object.entries(run.labels), [
      ['__proto__', 'p'],
      ['constructor', 'c'],
    ]);
    assert.deepEqual([artifact.platform, artifact.layers], [null, []]);
  });
  it('says which layers are kept elsewhere', () => {
    const configBytes = bytes(config);
    const foreign = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
    const manifestBytes = bytes({
      config: { mediaType: configType, digest: digestOf(configBytes), size: 1 },
      layers: [
        entry('a', { mediaType: foreign }),
        entry('b', { mediaType: 'application/vnd.oci.image.layer.nondistributable.v1.tar+zstd' }),
      ],
    });
    const { problems } = imageFacts(parts(config, { manifestBytes, has: (key) => key === digest('b') }));
    assert.deepEqual(
      problems.map(({ code: kind, where }) => [kind, where]),
      [['unsupported', `layer ${digest('1')}`]],
    );
  });
  it('that does not fit together is refused', () => {
    const cases: [ImageParts, string][] = [
      [parts(config, { configBytes: bytes({ ...config, os: 'plan9' }) }), 'digest-mismatch'],
      [parts(config, { manifestBytes: null, layerKeys: ['1', '2'], configDigest: digest('9') }), 'digest-mismatch'],
      [parts(config, { layerKeys: ['1'] }), 'document-invalid'],
      [parts({ ...config, rootfs: { diff_ids: [digest('1')] } }), 'document-invalid'],
      [parts({ ...config, rootfs: { diff_ids: ['x', 'y'] } }), 'document-invalid'],
      [parts({ ...config, rootfs: 3 }), 'document-invalid'],
      [parts([]), 'document-invalid'],
      [parts(config, { platform: 'linux/arm64' }), 'source-not-found'],
      [
        parts(config, { manifestBytes: null, layerKeys: [], configBytes: Buffer.alloc(9_000_000, ' ') }),
        'limit-exceeded',
      ],
    ];
    for (const [given, expected] of cases) assert.throws(() => imageFacts(given), code(expected));
  });
});
