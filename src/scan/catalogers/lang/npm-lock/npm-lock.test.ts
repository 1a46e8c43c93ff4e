import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Component } from '../../../../model/inventory.ts';
import { acceptCataloger } from '../../../testing/accept-cataloger.ts';
import { lineOf, listing, testdata } from '../../../testing/listing.ts';
import { npmLock } from './index.ts';

const project = join(import.meta.dirname, '../../testdata/npm-project');
const expected = JSON.parse(readFileSync(join(project, 'expected.json'), 'utf8')) as Component[];
const lock = (version: number) =>
  testdata(project, { 'srv/package-lock.json': `npm-lock-${version}/package-lock.json` });
const locked = (content: unknown, name = 'package-lock.json') => listing(npmLock, { [name]: JSON.stringify(content) });

acceptCataloger(
  npmLock,
  [1, 2, 3].map((version) => ({ name: `version ${version}`, files: lock(version), atLeast: 15 })),
);

describe('lockfiles that npm wrote', () => {
  for (const version of [2, 3]) {
    it(`version ${version} lists what npm ls lists, with the same edges, dev and direct`, () => {
      const found = listing(npmLock, lock(version));
      assert.deepEqual(found.problems, []);
      assert.deepEqual(found.lines, expected.map(lineOf));
    });
  }
  it('version 1 tells the same, but not what is asked for, nor peers', () => {
    const found = listing(npmLock, lock(1));
    assert.deepEqual(found.problems, []);
    const withoutPeers = expected.map((one) => ({
      ...one,
      direct: null,
      dependsOn: one.purl.includes('use-sync-external-store') ? [] : one.dependsOn,
    }));
    assert.deepEqual(found.lines, withoutPeers.map(lineOf));
  });
  it('fills every field of a component', () => {
    assert.deepEqual(
      listing(npmLock, lock(3)).components.find((one) => one.purl === 'pkg:npm/%40sindresorhus/is@4.6.0'),
      {
        purl: 'pkg:npm/%40sindresorhus/is@4.6.0',
        name: '@sindresorhus/is',
        version: '4.6.0',
        foundBy: 'lang/npm-lock',
        locations: [{ path: 'srv/package-lock.json', layer: null }],
        direct: true,
        dev: false,
        licenses: ['MIT'],
        dependsOn: [],
      },
    );
  });
});

describe('lockfiles by hand', () => {
  it('reads npm-shrinkwrap.json, and neither the hidden lockfile nor one that a component brings', () => {
    const content = JSON.stringify({ lockfileVersion: 3, packages: { 'node_modules/a': { version: '1.0.0' } } });
    const found = listing(npmLock, {
      'npm-shrinkwrap.json': content,
      'node_modules/.package-lock.json': content,
      'node_modules/b/package-lock.json': content,
    });
    assert.deepEqual(
      found.components.map((one) => one.locations),
      [[{ path: 'npm-shrinkwrap.json', layer: null }]],
    );
  });
  it('knows what is optional in production from what is for development alone', () => {
    const found = locked({
      lockfileVersion: 3,
      packages: {
        '': { devDependencies: { d: '1' }, optionalDependencies: { o: '1' } },
        'node_modules/d': { version: '1.0.0', dev: true, dependencies: { both: '1' } },
        'node_modules/o': { version: '1.0.0', optional: true, dependencies: { both: '1' } },
        'node_modules/both': { version: '1.0.0', devOptional: true },
      },
    });
    assert.deepEqual(found, {
      problems: [],
      components: found.components,
      lines: [
        'pkg:npm/both@1.0.0 transitive',
        'pkg:npm/d@1.0.0 direct dev -> pkg:npm/both@1.0.0',
        'pkg:npm/o@1.0.0 direct -> pkg:npm/both@1.0.0',
      ],
    });
  });
  it('finds an edge where Node would: beside, then outwards, and not in a sibling', () => {
    const found = locked({
      lockfileVersion: 3,
      packages: {
        '': {},
        'node_modules/a': { version: '1.0.0', dependencies: { x: '*', hidden: '*' } },
        'node_modules/a/node_modules/x': { version: '2.0.0', dependencies: { b: '*' } },
        'node_modules/b': { version: '1.0.0', dependencies: { x: '*' } },
        'node_modules/b/node_modules/hidden': { version: '3.0.0' },
        'node_modules/x': { version: '1.0.0' },
      },
    });
    assert.deepEqual(found.lines, [
      'pkg:npm/a@1.0.0 transitive -> pkg:npm/x@2.0.0',
      'pkg:npm/b@1.0.0 transitive -> pkg:npm/x@1.0.0',
      'pkg:npm/hidden@3.0.0 transitive',
      'pkg:npm/x@1.0.0 transitive',
      'pkg:npm/x@2.0.0 transitive -> pkg:npm/b@1.0.0',
    ]);
  });
  it('takes git and archive entries that have a version, and says which have none', () => {
    const three = locked({
      lockfileVersion: 3,
      packages: {
        'node_modules/g': { version: '1.2.3', resolved: 'git+ssh://git@example.org/g.git#0123' },
        'node_modules/none': { resolved: 'file:none.tgz' },
        'packages/own': { version: '0.0.0' },
        'node_modules/own': { resolved: 'packages/own', link: true },
      },
    });
    assert.deepEqual(three.lines, ['pkg:npm/g@1.2.3 transitive']);
    assert.deepEqual(
      three.problems.map(({ code, where }) => [code, where]),
      [['unsupported', 'package-lock.json']],
    );
    const one = locked({
      lockfileVersion: 1,
      dependencies: {
        address: { version: 'https://registry.example.org/address/-/address-1.2.2.tgz' },
        git: { version: 'git+https://example.org/git.git#0123' },
        own: { version: 'file:packages/own' },
        packed: { version: 'file:packed-1.0.0.tgz' },
        bad: { version: 'not a version' },
      },
    });
    assert.deepEqual(one.lines, ['pkg:npm/address@1.2.2 ?']);
    assert.deepEqual(one.problems, [
      {
        code: 'malformed',
        where: 'package-lock.json',
        message: '1 entries are no components of npm: bad',
      },
      {
        code: 'unsupported',
        where: 'package-lock.json',
        message:
          'does not tell the version of git, packed: write it again with npm 7 or later (npm install --package-lock-only)',
      },
    ]);
  });
  it('reads names of prototypes as names', () => {
    const text = `{"lockfileVersion":3,"packages":{"":{"dependencies":{"constructor":"1","toString":"1"}},
      "node_modules/constructor":{"version":"1.0.0","dependencies":{"hasownproperty":"1","valueOf":"1"}},
      "__proto__":{"version":"9.9.9"},"node_modules/__proto__":{"version":"1.0.0"}}}`;
    const found = listing(npmLock, { 'package-lock.json': text });
    assert.deepEqual(found.lines, ['pkg:npm/constructor@1.0.0 direct']);
    assert.deepEqual(found.problems, [
      { code: 'malformed', where: 'package-lock.json', message: '1 entries are no components of npm: __proto__' },
    ]);
  });
  it('says what is no lockfile', () => {
    assert.deepEqual(
      ['', '[]', '{}', '{"packages":', '\u{feff}{"lockfileVersion":3}', 'null'].map((text) =>
        listing(npmLock, { 'package-lock.json': text }).problems.map(({ code }) => code),
      ),
      [['malformed'], ['malformed'], ['malformed'], ['malformed'], [], ['malformed']],
    );
  });
});

describe('limits', () => {
  it('stops at 50,000 entries and says so, without losing those before', () => {
    const packages = Object.fromEntries(
      Array.from({ length: 50_050 }, (_, i) => [`node_modules/p${i}`, { version: '1.0.0', dependencies: { p0: '1' } }]),
    );
    const found = locked({ lockfileVersion: 3, packages });
    assert.equal(found.components.length, 50_000);
    assert.deepEqual(
      found.problems.map(({ code, where }) => [code, where]),
      [['limit-exceeded', 'package-lock.json']],
    );
  });
  it('does not follow nesting without end, in either notation', () => {
    const deep = 2000;
    const one = `{"lockfileVersion":1,${'"dependencies":{"a":{"version":"1.0.0",'.repeat(deep)}"x":1${'}}'.repeat(deep)}}`;
    const found = listing(npmLock, { 'package-lock.json': one });
    assert.deepEqual(found.lines, ['pkg:npm/a@1.0.0 ?']);
    assert.deepEqual(
      found.problems.map(({ code }) => code),
      ['limit-exceeded'],
    );
    const dependencies = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`m${i}`, '1']));
    const path = `${'node_modules/a/'.repeat(deep)}node_modules/b`;
    const three = locked({ lockfileVersion: 3, packages: { [path]: { version: '1.0.0', dependencies } } });
    assert.deepEqual(three.lines, []);
    assert.deepEqual(
      three.problems.map(({ code }) => code),
      ['malformed'],
    );
  });
  it('stops at a million edges', () => {
    const dependencies = Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`p${i}`, '1']));
    const packages = Object.fromEntries(
      Array.from({ length: 501 }, (_, i) => [`node_modules/p${i}`, { version: '1.0.0', dependencies }]),
    );
    const found = locked({ lockfileVersion: 3, packages });
    assert.equal(found.components.length, 501);
    assert.deepEqual(
      found.problems.map(({ code }) => code),
      ['limit-exceeded'],
    );
  });
});
