import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePurl } from '../model/purl.ts';
import { goComponent, isModulePath, isModuleVersion, stdlibVersion } from './go-module.ts';

test('the standard library of a Go release', () => {
  const cases: readonly [string, string | null][] = [
    ['go1.22.3', '1.22.3'],
    ['go1.20', '1.20.0'],
    ['go1.21rc2', '1.21.0-rc.2'],
    ['go1.9beta1', '1.9.0-beta.1'],
    ['go1.22.3 X:boringcrypto', '1.22.3'],
    ['go1.19.8-1+b2', '1.19.8'],
    ['go1.20.12 (Red Hat 1.20.12-1.el9)', '1.20.12'],
    ['devel go1.23-0123abc Mon Jan 1 00:00:00 2024', null],
    ['devel +0123abc', null],
    ['go1.22.3x', null],
    ['1.22.3', null],
    ['', null],
    ['go1.'.repeat(100_000), null],
  ];
  for (const [text, expected] of cases) assert.equal(stdlibVersion(text), expected, text.slice(0, 40));
});

test('module paths and versions', () => {
  const paths = [
    'github.com/BurntSushi/toml',
    'gopkg.in/yaml.v3',
    'a',
    'example.com/x/v2',
    'git.sr.ht/~sbinet/gg',
    'k8s.io/api',
  ];
  const noPaths = ['', '/a', 'a/', 'a//b', '../a', 'a/../b', './a', 'a b', 'C:/x', 'a\\b', 'a/.b', 'x@v1', 'é.com/a'];
  assert.deepEqual(
    paths.filter((p) => !isModulePath(p)),
    [],
  );
  assert.deepEqual(
    noPaths.filter((p) => isModulePath(p)),
    [],
  );
  const versions = [
    'v0.0.0',
    'v1.2.3',
    'v2.0.0+incompatible',
    'v0.0.0-20240101000000-0123456789ab',
    'v1.2.3-rc.1',
    'v1.2.3+dirty',
  ];
  const noVersions = ['', '1.2.3', 'v1', 'v1.2', 'v01.2.3', 'v1.2.3-', 'latest', '(devel)', 'v1.2.3 ', 'v1.2.3-a_b'];
  assert.deepEqual(
    versions.filter((v) => !isModuleVersion(v)),
    [],
  );
  assert.deepEqual(
    noVersions.filter((v) => isModuleVersion(v)),
    [],
  );
});

test('the module path comes back out of the purl with its case', () => {
  const at = { foundBy: 'lang/go', location: { path: 'x', layer: null }, direct: null };
  for (const path of [
    'github.com/BurntSushi/toml',
    'stdlib',
    'gopkg.in/yaml.v3',
    'git.sr.ht/~sbinet/gg',
    'example.com/A/v2',
  ]) {
    const { purl } = goComponent({ path, version: 'v2.0.0+incompatible' }, at);
    const parts = parsePurl(purl);
    assert.equal([parts?.namespace, parts?.name].filter((part) => part !== null).join('/'), path);
    assert.equal(parts?.version, 'v2.0.0+incompatible');
  }
});
