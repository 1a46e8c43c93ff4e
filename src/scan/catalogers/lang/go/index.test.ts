import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Component, Digest } from '../../../../model/inventory.ts';
import { acceptCataloger } from '../../../testing/accept-cataloger.ts';
import { catalogFiles, type SampleFile } from '../../../testing/catalog-files.ts';
import { GoExtractor } from './extractor.ts';
import { go } from './index.ts';
import { type ElfRecipe, makeElf } from './made-elf.ts';
import { modulesOf } from './modules.ts';

const layer: Digest = `sha256:${'a'.repeat(64)}`;
const modules =
  'path\texample.com/app/cmd/app\nmod\texample.com/app\tv1.4.0\t\ndep\tgithub.com/BurntSushi/toml\tv1.2.0\th1:x=\n' +
  'dep\texample.com/old\tv1.0.0\n=>\texample.com/fork\tv1.0.1\th1:y=\ndep\texample.com/local\tv0.1.0\n=>\t./local\t(devel)\t\nbuild\tCGO_ENABLED=0\n';
const plain: ElfRecipe = {
  bits: 64,
  bigEndian: false,
  format: 'inline',
  goVersion: 'go1.22.3',
  modules,
  note: true,
  sizeBytes: 160_000,
};

const recipes: readonly ElfRecipe[] = ([32, 64] as const).flatMap((bits) =>
  [false, true].flatMap((bigEndian) => [
    { ...plain, bits, bigEndian },
    { ...plain, bits, bigEndian, note: false },
    { ...plain, bits, bigEndian, format: 'pointer' as const, goVersion: 'go1.16.5' },
  ]),
);

acceptCataloger(go, [
  { name: 'inline', files: { 'usr/bin/app': makeElf(plain) }, atLeast: 4 },
  { name: 'pointer', files: { 'usr/bin/app': makeElf({ ...plain, format: 'pointer' }) }, atLeast: 4 },
]);

const byPurl = (a: Component, b: Component) => (a.purl < b.purl ? -1 : a.purl > b.purl ? 1 : 0);

function run(files: Record<string, SampleFile>) {
  const { view } = catalogFiles(go, files, layer);
  const { components, problems } = go.catalog(view, { os: null, signal: new AbortController().signal });
  return { components: components.toSorted(byPurl), problems };
}

function keep(bytes: Buffer, chunkBytes: number): unknown {
  const extractor = new GoExtractor(bytes.length);
  const reused = Buffer.alloc(chunkBytes);
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    const length = bytes.copy(reused, 0, at, at + chunkBytes);
    if (!extractor.push(reused.subarray(0, length))) break;
  }
  const kept = extractor.end();
  return kept === null ? null : JSON.parse(Buffer.from(kept).toString('utf8'));
}

test('the modules of a binary', () => {
  const component = (purl: string, name: string, version: string) => ({
    purl,
    name,
    version,
    foundBy: 'lang/go',
    locations: [{ path: 'usr/bin/app', layer }],
    direct: null,
    dev: false,
    licenses: [],
    dependsOn: [],
  });
  assert.deepEqual(run({ 'usr/bin/app': makeElf(plain) }), {
    components: [
      component('pkg:golang/example.com/app@v1.4.0', 'example.com/app', 'v1.4.0'),
      component('pkg:golang/example.com/fork@v1.0.1', 'example.com/fork', 'v1.0.1'),
      component('pkg:golang/github.com/BurntSushi/toml@v1.2.0', 'github.com/BurntSushi/toml', 'v1.2.0'),
      component('pkg:golang/stdlib@1.22.3', 'stdlib', '1.22.3'),
    ],
    problems: [],
  });
});

test('every word size, byte order and format, in chunks of any size', () => {
  for (const recipe of recipes) {
    const file = makeElf(recipe);
    for (const chunkBytes of [1, 17, 4096, 65_536, 1 << 20]) {
      const name = `${recipe.bits} ${recipe.bigEndian ? 'big' : 'little'} ${recipe.format} note ${recipe.note} in ${chunkBytes}`;
      assert.deepEqual(keep(file, chunkBytes), { goVersion: recipe.goVersion, modules }, name);
    }
  }
});

test('data far behind the head, and a header that spans two chunks', () => {
  const text = modules.replace('build\t', `build\t-ldflags=${'x'.repeat(300_000)}\nbuild\t`);
  for (const format of ['inline', 'pointer'] as const) {
    const file = makeElf({ ...plain, format, modules: text, sizeBytes: 900_000 });
    for (const chunkBytes of [1000, 4099, 65_536])
      assert.deepEqual(keep(file, chunkBytes), { goVersion: 'go1.22.3', modules: text });
  }
});

test('what is no executable is let go at once, other executables cost no more than their headers', () => {
  const pushes = (bytes: Buffer) => {
    const extractor = new GoExtractor(bytes.length);
    let count = 0;
    for (let at = 0; at < bytes.length; at += 4096) {
      count++;
      if (!extractor.push(bytes.subarray(at, at + 4096))) break;
    }
    return [count, extractor.end()];
  };
  assert.deepEqual(pushes(Buffer.alloc(200_000, '#!/bin/sh\n')), [1, null]);
  assert.deepEqual(pushes(Buffer.from(`cafebabe00000041${'00'.repeat(200_000)}`, 'hex')), [16, null]);
  assert.deepEqual(pushes(Buffer.alloc(200_000)), [1, null]);
  const other = makeElf({ ...plain, note: false });
  other.fill(0, 0x1000);
  assert.deepEqual(pushes(other), [40, null]);
});

test('a Go binary that hides its modules, or lost a part of them, is a problem', () => {
  const bare = makeElf(plain);
  bare.fill(0, 0x1000);
  const cut = makeElf({ ...plain, note: false, sizeBytes: 400_000, modules: modules.repeat(700) }).subarray(0, 250_000);
  const endless = makeElf({ ...plain, note: false });
  endless.fill(0xff, endless.indexOf('\xff Go buildinf:', 0x2020, 'latin1') + 32);
  for (const file of [bare, cut, endless]) {
    assert.deepEqual(run({ 'usr/bin/app': file }), {
      components: [],
      problems: [
        {
          code: 'unsupported',
          where: 'usr/bin/app',
          message:
            'a Go binary without readable build information (before Go 1.13, or removed): its modules cannot be assessed',
        },
      ],
    });
  }
});

test('what is wanted: executables, and names without an ending of data', () => {
  const wants = (path: string, mode: number, sizeBytes = 1_000_000) =>
    go.wants({ path, name: path.slice(path.lastIndexOf('/') + 1), mode, sizeBytes });
  for (const [path, mode] of [
    ['usr/bin/app', 0o755],
    ['opt/app', 0o644],
    ['opt/app.exe', 0o644],
    ['opt/kubectl-v1.30.1', 0o644],
    ['opt/run.linux', 0o755],
    ['usr/lib/libgo.so', 0o644],
    ['usr/lib/libgo.so.1', 0o644],
  ] as const)
    assert.equal(wants(path, mode), true, path);
  for (const [path, mode] of [
    ['srv/bundle.js', 0o777],
    ['srv/data.json', 0o644],
    ['srv/run.linux', 0o644],
    ['srv/x.tar', 0o755],
  ] as const)
    assert.equal(wants(path, mode), false, path);
  assert.equal(wants('usr/bin/app', 0o755, 99_999), false);
});

test('what a build says, module by module', () => {
  const read = (goVersion: string, text: string) => {
    const { modules: found, problems } = modulesOf({ goVersion, modules: text }, 'bin');
    return [found.map((m) => `${m.path}@${m.version}`), problems.map((p) => `${p.code} ${p.message}`)];
  };
  const own = 'path\texample.com/x\nmod\texample.com/x\t(devel)\t\n';
  assert.deepEqual(read('go1.22.3 X:boringcrypto', own), [['stdlib@1.22.3'], []]);
  assert.deepEqual(read('go1.26.8', 'path\tcmd/go\nbuild\t-compiler=gc\n'), [
    ['stdlib@1.26.8', 'toolchain@1.26.8'],
    [],
  ]);
  assert.deepEqual(read('go1.26.8', 'path\tcommand-line-arguments\n'), [['stdlib@1.26.8'], []]);
  assert.deepEqual(read('go1.24.1', 'path\tx.org/y\nmod\tx.org/y\tv0.0.0-20250101000000-0123456789ab+dirty\t\n'), [
    ['x.org/y@v0.0.0-20250101000000-0123456789ab+dirty', 'stdlib@1.24.1'],
    [],
  ]);
  const gopath =
    'the Go binary was built without modules (GOPATH, Bazel or a distribution): what it is made of cannot be assessed';
  assert.deepEqual(read('go1.19.8', 'path\tgithub.com/docker/cli/cmd/docker\nbuild\t-compiler=gc\n'), [
    ['stdlib@1.19.8'],
    [`unsupported ${gopath}`],
  ]);
  assert.deepEqual(read('go1.19.8', ''), [['stdlib@1.19.8'], [`unsupported ${gopath}`]]);
  assert.deepEqual(read('devel go1.23-0123abc Mon Jan 1 00:00:00 2024 +0000', own), [
    [],
    [
      'version-not-comparable the Go binary was built by a Go that is no release: devel go1.23-0123abc Mon Jan 1 00:00:00 2024 +0000; its standard library cannot be assessed',
    ],
  ]);
  assert.deepEqual(read('', own), [
    [],
    ['version-not-comparable the Go binary does not say which Go built it; its standard library cannot be assessed'],
  ]);
  assert.deepEqual(
    read('go1.22.3', `${own}dep\t../x\tv1.0.0\ndep\tx.org/y\tmaster\ndep\tx.org/z\tv2.0.0+incompatible\n=>\n`),
    [
      ['stdlib@1.22.3'],
      ['malformed not a Go module and version: ../x v1.0.0', 'malformed not a Go module and version: x.org/y master'],
    ],
  );
});
