import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Component } from '../../../../model/inventory.ts';
import { acceptCataloger } from '../../../testing/accept-cataloger.ts';
import { lineOf, listing, testdata } from '../../../testing/listing.ts';
import { pnpmLock } from './index.ts';
import { nameAndVersion } from './key.ts';

const project = join(import.meta.dirname, '../../testdata/npm-project');
const expected = JSON.parse(readFileSync(join(project, 'expected.json'), 'utf8')) as Component[];
const versions = [5, 6, 7, 8, 9, 10, 11];
const lock = (version: number) => testdata(project, { 'pnpm-lock.yaml': `pnpm-${version}/pnpm-lock.yaml` });
const locked = (text: string) => listing(pnpmLock, { 'pnpm-lock.yaml': text });

acceptCataloger(
  pnpmLock,
  versions.map((version) => ({ name: `pnpm ${version}`, files: lock(version), atLeast: 15 })),
);

describe('lockfiles that pnpm wrote', () => {
  for (const version of versions) {
    it(`pnpm ${version} lists what npm ls lists for the same project, with the same edges, dev and direct`, () => {
      const found = listing(pnpmLock, lock(version));
      assert.deepEqual(found.problems, []);
      assert.deepEqual(found.lines, expected.map(lineOf));
    });
  }
});

describe('keys', () => {
  const keys: [string, string | null][] = [
    ['/ms/2.1.2', 'ms 2.1.2'],
    ['/@a/b/1.0.0', '@a/b 1.0.0'],
    ['/x/1.2.0_react@18.2.0', 'x 1.2.0'],
    ['/@a/b/1.0.0_@babel+core@7.0.0', '@a/b 1.0.0'],
    ['registry.example.org/ms/2.1.2', 'ms 2.1.2'],
    ['registry.example.org/@a/b/2.1.2', '@a/b 2.1.2'],
    ['registry.example.org/ms@2.1.2', 'ms 2.1.2'],
    ['/ms@2.1.2', 'ms 2.1.2'],
    ['/@a/b@1.0.0(c@1.0.0)(@d/e@2.0.0)', '@a/b 1.0.0'],
    ['ms@2.1.2', 'ms 2.1.2'],
    ['@a/b@1.0.0(c@1.0.0(d@2.0.0))', '@a/b 1.0.0'],
    ['big.js@6.2.1', 'big.js 6.2.1'],
    ['x@https://codeload.github.com/a/b/tar.gz/0123', 'x https://codeload.github.com/a/b/tar.gz/0123'],
    ['nothing', null],
    ['', null],
    ['@a', null],
  ];
  for (const [key, wanted] of keys) {
    it(`${key} is ${wanted}`, () => {
      const found = nameAndVersion(key);
      assert.equal(found === null ? null : `${found.name} ${found.version}`, wanted);
    });
  }
});

describe('lockfiles by hand', () => {
  it('reads a version 5 lockfile of a single project, an archive, and a linked folder', () => {
    const found = locked(`lockfileVersion: 5.4
specifiers: {a: '1', t: 'https://example.org/t.tgz', own: 'link:../own'}
dependencies: {a: 1.0.0, t: '@example.org/t.tgz', own: link:../own}
packages:
  /a/1.0.0: {resolution: {integrity: x}, dev: false, dependencies: {b: registry.example.org/b/2.0.0}}
  registry.example.org/b/2.0.0: {resolution: {integrity: x}, dev: false}
  '@example.org/t.tgz': {resolution: {tarball: 'https://example.org/t.tgz'}, name: t, version: 3.0.0, dev: false}
`);
    assert.deepEqual(found.problems, []);
    assert.deepEqual(found.lines, [
      'pkg:npm/a@1.0.0 direct -> pkg:npm/b@2.0.0',
      'pkg:npm/b@2.0.0 transitive',
      'pkg:npm/t@3.0.0 direct',
    ]);
  });
  it('finds dev in version 9 from what the projects reach, and leaves local folders out', () => {
    const found = locked(`lockfileVersion: '9.0'
importers:
  .:
    dependencies: {a: {specifier: ^1, version: 1.0.0}, d: {specifier: 'file:d', version: 'file:d'}}
    devDependencies: {t: {specifier: ^1, version: 1.0.0}}
packages:
  a@1.0.0: {resolution: {integrity: x}}
  t@1.0.0: {resolution: {integrity: x}}
  both@1.0.0: {resolution: {integrity: x}}
  tool@1.0.0: {resolution: {integrity: x}}
  git@https://codeload.github.com/a/git/tar.gz/0123: {resolution: {tarball: x}, version: 4.0.0}
  'd@file:d': {resolution: {directory: d, type: directory}}
snapshots:
  a@1.0.0: {dependencies: {both: 1.0.0, git: https://codeload.github.com/a/git/tar.gz/0123}}
  t@1.0.0: {dependencies: {both: 1.0.0}, optionalDependencies: {tool: 1.0.0}}
  both@1.0.0: {}
  tool@1.0.0: {}
  git@https://codeload.github.com/a/git/tar.gz/0123: {}
  'd@file:d': {dependencies: {both: 1.0.0}}
`);
    assert.deepEqual(found.problems, []);
    assert.deepEqual(found.lines, [
      'pkg:npm/a@1.0.0 direct -> pkg:npm/both@1.0.0 pkg:npm/git@4.0.0',
      'pkg:npm/both@1.0.0 transitive',
      'pkg:npm/git@4.0.0 transitive',
      'pkg:npm/t@1.0.0 direct dev -> pkg:npm/both@1.0.0 pkg:npm/tool@1.0.0',
      'pkg:npm/tool@1.0.0 transitive dev',
    ]);
  });
  it('reads the document of tools that pnpm 11 may write first', () => {
    const found = locked(`---
lockfileVersion: '9.0'
importers: {.: {packageManagerDependencies: {pnpm: {specifier: 11.0.0, version: 11.0.0}}}}
packages: {pnpm@11.0.0: {resolution: {integrity: x}}}
snapshots: {pnpm@11.0.0: {}}
---
lockfileVersion: '9.0'
importers: {.: {dependencies: {a: {specifier: ^1, version: 1.0.0}}}}
packages: {a@1.0.0: {resolution: {integrity: x}}}
snapshots: {a@1.0.0: {}}
`);
    assert.deepEqual(found.problems, []);
    assert.deepEqual(found.lines, ['pkg:npm/a@1.0.0 direct', 'pkg:npm/pnpm@11.0.0 direct dev']);
  });
  it('says which lockfile it does not know, and what is none', () => {
    const codes = (text: string) => locked(text).problems.map(({ code }) => code);
    assert.deepEqual(codes("lockfileVersion: '10.0'\n"), ['unsupported']);
    assert.deepEqual(codes('shrinkwrapVersion: 3\n'), ['unsupported']);
    assert.deepEqual(codes('- a\n- b\n'), ['malformed']);
    assert.deepEqual(codes('a: [\n'), ['malformed']);
    assert.deepEqual(codes(''), ['malformed']);
    assert.deepEqual(codes("lockfileVersion: '9.0'\npackages: {a@x: {}}\nsnapshots: {a@x: {}}\n"), ['malformed']);
  });
  it('refuses aliases: a kilobyte of them could name billions of entries', () => {
    const bomb = ['lockfileVersion: 5.4', 'a0: &a0 {x: 1}'];
    for (let i = 1; i < 30; i++) bomb.push(`a${i}: &a${i} {l: *a${i - 1}, r: *a${i - 1}}`);
    const found = locked(`${bomb.join('\n')}\npackages: *a29\n`);
    assert.deepEqual(
      found.problems.map(({ code, where }) => [code, where]),
      [['malformed', 'pnpm-lock.yaml']],
    );
  });
});
