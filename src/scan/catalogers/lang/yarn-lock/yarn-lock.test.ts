import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Component } from '../../../../model/inventory.ts';
import { acceptCataloger } from '../../../testing/accept-cataloger.ts';
import { lineOf, listing, testdata } from '../../../testing/listing.ts';
import { yarnLock } from './index.ts';

const project = join(import.meta.dirname, '../../testdata/npm-project');
const expected = JSON.parse(readFileSync(join(project, 'expected.json'), 'utf8')) as Component[];
/** Yarn's lockfile has no edges for peers. */
const withoutPeers = expected.map((one) =>
  one.purl.includes('use-sync-external-store') ? { ...one, dependsOn: [] } : one,
);
const manifests = { 'app/package.json': 'package.json', 'app/packages/one/package.json': 'packages/one/package.json' };
const versions = [1, 3, 4];
const lock = (version: number) => testdata(project, { ...manifests, 'app/yarn.lock': `yarn-${version}/yarn.lock` });

acceptCataloger(
  yarnLock,
  versions.map((version) => ({ name: `yarn ${version}`, files: lock(version), atLeast: 15 })),
);

describe('lockfiles that yarn wrote', () => {
  it('yarn 1 lists what npm ls lists for the same project', () => {
    const found = listing(yarnLock, lock(1));
    assert.deepEqual(found.problems, []);
    assert.deepEqual(found.lines, withoutPeers.map(lineOf));
  });
  it('yarn 1 without the manifests tells neither what is asked for nor what is for development', () => {
    const found = listing(yarnLock, testdata(project, { 'yarn.lock': 'yarn-1/yarn.lock' }));
    assert.deepEqual(
      found.lines,
      withoutPeers.map((one) => lineOf({ ...one, direct: null, dev: false })),
    );
  });
  for (const version of [3, 4]) {
    it(`yarn ${version} lists the same and what builds fsevents`, () => {
      const found = listing(yarnLock, lock(version));
      assert.deepEqual(found.problems, []);
      const forNodeGyp = reached(found.components, 'pkg:npm/node-gyp@13.1.0');
      const rest = found.components.filter((one) => !forNodeGyp.has(one.purl));
      assert.deepEqual(
        rest.map(lineOf),
        withoutPeers.map((one) =>
          lineOf(one.purl.includes('fsevents') ? { ...one, dependsOn: ['pkg:npm/node-gyp@13.1.0'] } : one),
        ),
      );
      assert.equal(forNodeGyp.size, 20);
      for (const one of found.components) if (forNodeGyp.has(one.purl)) assert.equal(one.direct, false);
    });
  }
  it('yarn 4 without the manifests knows from the lockfile what is asked for', () => {
    const found = listing(yarnLock, testdata(project, { 'yarn.lock': 'yarn-4/yarn.lock' }));
    const known = new Set(expected.map((one) => one.purl));
    assert.deepEqual(
      found.components.filter((one) => known.has(one.purl)).map(({ purl, direct, dev }) => [purl, direct, dev]),
      expected.map(({ purl, direct }) => [purl, direct, false]),
    );
  });
});

function reached(components: readonly Component[], from: string): Set<string> {
  const byPurl = new Map(components.map((one) => [one.purl, one]));
  const seen = new Set([from]);
  for (const purl of seen) for (const need of byPurl.get(purl)?.dependsOn ?? []) seen.add(need);
  return seen;
}

describe('lockfiles by hand', () => {
  const classic = (body: string) => listing(yarnLock, { 'yarn.lock': `# yarn lockfile v1\n\n\n${body}` });

  it('reads line ends of Windows, several descriptors, optional dependencies, a repository', () => {
    const found = classic(
      [
        'a@^1.0.0, "a@>=1.0.0 <2":',
        '  version "1.2.0"',
        '  resolved "https://registry.example.org/a/-/a-1.2.0.tgz#00"',
        '  dependencies:',
        '    "@s/b" "1.x || 2.x"',
        '  optionalDependencies:',
        '    c "*"',
        '',
        '"@s/b@1.x || 2.x":',
        '  version "2.0.0"',
        '',
        'c@*, "c@git+https://example.org/c.git":',
        '  version "3.0.0"',
        '',
      ].join('\r\n'),
    );
    assert.deepEqual(found.problems, []);
    assert.deepEqual(found.lines, [
      'pkg:npm/%40s/b@2.0.0 ?',
      'pkg:npm/a@1.2.0 ? -> pkg:npm/%40s/b@2.0.0 pkg:npm/c@3.0.0',
      'pkg:npm/c@3.0.0 ?',
    ]);
  });
  it('keeps what it read before a line that yarn does not write', () => {
    const found = classic('a@1:\n  version "1.0.0"\n\n<<<<<<< HEAD\nb@1:\n  version "1.0.0"\n');
    assert.deepEqual(found.lines, ['pkg:npm/a@1.0.0 ?']);
    assert.deepEqual(found.problems, [
      {
        code: 'malformed',
        where: 'yarn.lock',
        message: 'line 7 is not what yarn 1 writes: the rest was not read; run yarn install',
      },
    ]);
  });
  it('reads patched, linked and workspace entries of yarn 2 and later', () => {
    const found = listing(yarnLock, {
      'yarn.lock': `__metadata:
  version: 8

"app@workspace:.":
  version: 0.0.0-use.local
  resolution: "app@workspace:."
  dependencies:
    linked: "portal:./linked"
    renamed: "npm:real@^1.0.0"
    typescript: "patch:typescript@npm%3A5.0.2#~builtin<compat/typescript>"
  languageName: unknown
  linkType: soft

"linked@portal:./linked::locator=app%40workspace%3A.":
  version: 0.0.0-use.local
  resolution: "linked@portal:./linked::locator=app%40workspace%3A."
  languageName: node
  linkType: soft

"renamed@npm:real@^1.0.0":
  version: 1.4.0
  resolution: "real@npm:1.4.0"
  languageName: node
  linkType: hard

"typescript@npm:5.0.2":
  version: 5.0.2
  resolution: "typescript@npm:5.0.2"
  languageName: node
  linkType: hard

"typescript@patch:typescript@npm%3A5.0.2#~builtin<compat/typescript>":
  version: 5.0.2
  resolution: "typescript@patch:typescript@npm%3A5.0.2#~builtin<compat/typescript>::version=5.0.2&hash=00"
  languageName: node
  linkType: hard
`,
    });
    assert.deepEqual(found.problems, []);
    assert.deepEqual(found.lines, ['pkg:npm/real@1.4.0 direct', 'pkg:npm/typescript@5.0.2 direct']);
  });
  it('gives each manifest to the nearest lockfile above it', () => {
    const entry = (name: string) => `# yarn lockfile v1\n\n\n${name}@1:\n  version "1.0.0"\n`;
    const found = listing(yarnLock, {
      'yarn.lock': entry('a'),
      'package.json': '{"devDependencies":{"a":"1"}}',
      'sub/yarn.lock': entry('a'),
      'sub/package.json': '{"dependencies":{"a":"1"}}',
      'other/yarn.lock': entry('b'),
      'other/deep/package.json': '{"dependencies":{"b":"1"}}',
    });
    assert.deepEqual(found.lines, ['pkg:npm/a@1.0.0 direct', 'pkg:npm/b@1.0.0 ?']);
  });
  it('says what is no lockfile, and reads an empty one', () => {
    const codes = (text: string) => listing(yarnLock, { 'yarn.lock': text }).problems.map(({ code }) => code);
    assert.deepEqual(codes(''), ['malformed']);
    assert.deepEqual(codes('{}'), ['malformed']);
    assert.deepEqual(codes('# yarn lockfile v1\n\n\n'), []);
    assert.deepEqual(codes('\n__metadata:\n  version: 8\n\n"a@npm:1": &a\n  version: 1.0.0\n\n"b@npm:1": *a\n'), [
      'malformed',
    ]);
    assert.deepEqual(codes('# yarn lockfile v1\n\n\n"../x@1":\n  version "1.0.0"\n'), ['malformed']);
  });
});
