import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Component, Digest } from '../../../../model/inventory.ts';
import { acceptCataloger } from '../../../testing/accept-cataloger.ts';
import { lineOf, listing } from '../../../testing/listing.ts';
import { npm } from './index.ts';
import { installPlace } from './install-place.ts';

const layer: Digest = `sha256:${'2'.repeat(64)}`;
const testdata = join(import.meta.dirname, 'testdata');
const tree = (name: string) => JSON.parse(readFileSync(join(testdata, name), 'utf8')) as Record<string, string>;
const trees = { npm: tree('npm-tree.json'), pnpm: tree('pnpm-tree.json') };
const expected = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../testdata/npm-project/expected.json'), 'utf8'),
) as Component[];
/** On Linux fsevents is not installed. */
const installed = expected.filter((one) => !one.purl.includes('fsevents'));
const below = (folder: string, files: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [`${folder}/${path}`, text]));
const named = (name: string, version = '1.0.0', more = {}) => JSON.stringify({ name, version, ...more });

acceptCataloger(npm, [
  { name: 'npm', files: trees.npm, atLeast: 14 },
  { name: 'pnpm', files: trees.pnpm, atLeast: 14 },
]);

describe('real installations', () => {
  for (const [tool, files] of Object.entries(trees)) {
    it(`${tool} in a folder: what npm ls lists, with the same edges, dev and direct`, () => {
      const found = listing(npm, files);
      assert.deepEqual(found.problems, []);
      assert.deepEqual(found.lines, installed.map(lineOf));
    });
    it(`${tool} in an image: the same, and nothing is only for development, since it ships`, () => {
      const found = listing(npm, below('srv/app', files), layer);
      assert.deepEqual(found.problems, []);
      assert.deepEqual(
        found.lines,
        installed.map((one) => lineOf({ ...one, dev: false })),
      );
    });
  }
  it('fills every field of a component, and names all its places', () => {
    const found = listing(npm, below('srv/app', trees.npm), layer).components;
    const place = (path: string) => ({ path: `srv/app/${path}/package.json`, layer });
    assert.deepEqual(
      found.filter((one) => one.name === 'ms'),
      (
        [
          ['2.0.0', true, ['node_modules/old-ms', 'packages/one/node_modules/ms']],
          ['2.1.2', false, ['node_modules/debug/node_modules/ms']],
          ['2.1.3', true, ['node_modules/ms']],
        ] as const
      ).map(([version, direct, places]) => ({
        purl: `pkg:npm/ms@${version}`,
        name: 'ms',
        version,
        foundBy: 'lang/npm',
        locations: places.map(place),
        direct,
        dev: false,
        licenses: ['MIT'],
        dependsOn: [],
      })),
    );
  });
});

describe('places', () => {
  const places: [string, ReturnType<typeof installPlace>][] = [
    ['node_modules/a/package.json', 'component'],
    ['usr/lib/node_modules/npm/node_modules/@npmcli/arborist/package.json', 'component'],
    ['srv/node_modules/.pnpm/a@1.0.0/node_modules/@b/c/package.json', 'component'],
    ['srv/node_modules/.bun/a@1.0.0/node_modules/a/package.json', 'component'],
    ['srv/node_modules/.store/a-npm-1.0.0-00/package/package.json', 'component'],
    ['srv/node_modules/a/dist/node_modules/b/package.json', 'perhaps'],
    ['srv/node_modules/resolve/test/resolver/node_modules/b/package.json', null],
    ['srv/node_modules/resolve/test/resolver/package.json', null],
    ['srv/node_modules/@a/package.json', null],
    ['srv/node_modules/@a/b/lib/package.json', null],
    ['srv/node_modules/.cache/package.json', null],
    ['srv/node_modules/package.json', null],
    ['srv/my_node_modules/a/package.json', null],
    ['srv/package.json', null],
    ['srv/node_modules/a/package.json.bak', null],
  ];
  for (const [path, place] of places) {
    it(`${path} is ${place}`, () => assert.equal(installPlace(path), place));
  }
});

describe('package.json by hand', () => {
  const at = (content: string) => listing(npm, { 'node_modules/a/package.json': content }, layer);

  it('trusts the name inside, not that of the folder', () => {
    assert.deepEqual(at(named('@real/name')).lines, ['pkg:npm/%40real/name@1.0.0 ?']);
  });
  it('reads a byte order mark, old licence notations and a version with a v', () => {
    const found = at(
      `\u{feff}${named('a', 'v1.2.3', { license: { type: 'MIT' }, licenses: [{ type: 'BSD' }, 'X11', 3] })}`,
    );
    assert.deepEqual(
      found.components.map(({ purl, licenses }) => [purl, licenses]),
      [['pkg:npm/a@1.2.3', ['BSD', 'MIT', 'X11']]],
    );
  });
  it('keeps prereleases and build metadata', () => {
    assert.deepEqual(at(named('a', '1.0.0-rc.1+build.5')).lines, ['pkg:npm/a@1.0.0-rc.1+build.5 ?']);
  });
  it('passes over a stub that only sets a mode', () => {
    assert.deepEqual(at('{"type":"module"}'), { components: [], problems: [], lines: [] });
  });
  it('says what an installed component must not be', () => {
    const wrong: [string, string][] = [
      ['', 'is not valid JSON; install the component again'],
      ['[]', 'holds no JSON object; install the component again'],
      [named('a').slice(0, -1), 'is not valid JSON; install the component again'],
      [JSON.stringify({ name: 'a' }), 'has no version; install the component again'],
      [JSON.stringify({ version: '1.0.0' }), 'has no name; install the component again'],
      [named('.hidden'), 'names no component that npm could install: .hidden 1.0.0'],
      [named('a b'), 'names no component that npm could install: a b 1.0.0'],
      [named('a', 'latest'), 'names no component that npm could install: a latest'],
      [named('../../etc', '\u{1b}[2J'), 'names no component that npm could install: ../../etc \u{fffd}[2J'],
    ];
    for (const [content, message] of wrong) {
      assert.deepEqual(at(content), {
        components: [],
        problems: [{ code: 'malformed', where: 'node_modules/a/package.json', message }],
        lines: [],
      });
    }
    const notText = listing(npm, { 'node_modules/a/package.json': Buffer.from([0x7b, 0xff, 0x7d]) });
    assert.deepEqual(
      notText.problems.map(({ message }) => message),
      ['is not UTF-8 text; install the component again'],
    );
  });
  it('says nothing of what only might be a component', () => {
    const found = listing(npm, {
      'node_modules/a/dist/node_modules/b/package.json': named('b'),
      'node_modules/a/dist/node_modules/c/package.json': '{ not json',
      'node_modules/a/package.json': named('a'),
    });
    assert.deepEqual(found.problems, []);
    assert.deepEqual(found.lines, ['pkg:npm/a@1.0.0 ?', 'pkg:npm/b@1.0.0 ?']);
  });
  it('survives names of prototypes', () => {
    const needs = '{"__proto__":"1","constructor":"1","b":"1"}';
    const found = listing(npm, {
      'node_modules/a/package.json': `{"name":"constructor","version":"1.0.0","dependencies":${needs}}`,
      'node_modules/b/package.json': named('b', '2.0.0', { dependencies: { a: '*' } }),
    });
    assert.deepEqual(found.lines, [
      'pkg:npm/b@2.0.0 ? -> pkg:npm/constructor@1.0.0',
      'pkg:npm/constructor@1.0.0 ? -> pkg:npm/b@2.0.0',
    ]);
  });
});
