import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Component, Digest } from '../model/inventory.ts';
import type { Problem } from '../model/problem.ts';
import type { Cataloger, CatalogFile } from './cataloger.ts';
import { combine, type Found } from './combine.ts';

const layer: Digest = `sha256:${'1'.repeat(64)}`;
const upper: Digest = `sha256:${'2'.repeat(64)}`;
const layers = [layer, upper];

function component(purl: string, paths: string[], more: Partial<Component> = {}): Component {
  const locations = paths.map((path) => ({ path, layer }));
  return {
    purl,
    name: purl,
    version: '1',
    foundBy: 'lang/a',
    locations,
    direct: null,
    dev: false,
    licenses: [],
    dependsOn: [],
    ...more,
  };
}

function of(id: string, components: Component[], ownedPaths?: string[], problems: Problem[] = []): Found {
  const cataloger: Cataloger = {
    id,
    about: '',
    revision: 3,
    maxFileSizeBytes: 1,
    wants: () => false,
    catalog: () => ({ components: [], problems: [] }),
  };
  const file = (path: string): CatalogFile => {
    return { path, name: path, sizeBytes: 0, mode: 0, layer, bytes: new Uint8Array() };
  };
  const resolve = (path: string) => path.replace(/^lib\//, 'usr/lib/');
  const view = { files: [file('database')], get: file, resolve };
  return {
    cataloger,
    view,
    catalogued: { components, problems, ...(ownedPaths === undefined ? {} : { ownedPaths }) },
  };
}

const purls = (found: Found[], dev = false): string[] => combine(found, dev, layers).components.map(({ purl }) => purl);

it('what an operating-system package owns is not counted again, unless it lies elsewhere too', () => {
  const os = of('os/dpkg', [component('pkg:deb/p@1', ['usr/lib/p'])], ['usr/lib/p', 'usr/lib/q']);
  const lang = of('lang/a', [
    component('pkg:npm/p@1', ['lib/p']),
    component('pkg:npm/q@1', ['usr/lib/q', 'srv/q']),
    component('pkg:npm/none@1', []),
  ]);
  assert.deepEqual(purls([os, lang]), ['pkg:deb/p@1', 'pkg:npm/none@1', 'pkg:npm/q@1']);
  assert.deepEqual(combine([lang, os], false, layers).coverage, [
    { cataloger: 'lang/a', revision: 3, files: 1, components: 2 },
    { cataloger: 'os/dpkg', revision: 3, files: 1, components: 1 },
  ]);
});

it('a file that a later layer put over that of a package is counted: it is not the package’s any more', () => {
  const os = of('os/dpkg', [component('pkg:deb/p@1', ['usr/lib/p'])], ['usr/lib/p']);
  const changed = component('pkg:npm/p@2', [], { locations: [{ path: 'usr/lib/p', layer: upper }] });
  assert.deepEqual(purls([os, of('lang/a', [changed])]), ['pkg:deb/p@1', 'pkg:npm/p@2']);
});

it('a problem with a file that a package owns is left out with its components, all others stay', () => {
  const problem = (where: string): Problem => ({ code: 'malformed', where, message: 'not read' });
  const os = of('os/dpkg', [], ['usr/lib/p'], [problem('usr/lib/p')]);
  const lang = of('lang/a', [], undefined, [problem('lib/p'), problem('srv/p')]);
  assert.deepEqual(
    combine([os, lang], false, layers).problems.map(({ where }) => where),
    ['usr/lib/p', 'srv/p'],
  );
});

it('development components are left out unless asked for', () => {
  const found = [
    of('lang/a', [
      component('pkg:npm/d@1', ['x'], { dev: true }),
      component('pkg:npm/e@1', ['y'], { dev: true }),
      component('pkg:npm/e@1', ['z']),
    ]),
  ];
  assert.deepEqual(purls(found), ['pkg:npm/e@1']);
  assert.deepEqual(combine(found, false, layers).components[0]?.locations, [{ path: 'z', layer }]);
  assert.deepEqual(
    combine(found, true, layers).components.map(({ purl, dev }) => [purl, dev]),
    [
      ['pkg:npm/d@1', true],
      ['pkg:npm/e@1', false],
    ],
  );
});

it('one purl is one component, whoever found it and in whatever order', () => {
  const a = of('lang/a', [
    component('pkg:npm/x@1', ['b', 'a'], {
      direct: false,
      licenses: ['MIT'],
      dependsOn: ['pkg:npm/z@1', 'pkg:npm/gone@1'],
    }),
  ]);
  const b = of('lang/b', [
    component('pkg:npm/x@1', ['c', 'a'], {
      direct: true,
      licenses: ['ISC', 'MIT'],
      dependsOn: ['pkg:npm/y@1'],
      foundBy: 'lang/b',
    }),
    component('pkg:npm/z@1', ['c']),
    component('pkg:npm/y@1', ['c']),
  ]);
  for (const found of [
    [a, b],
    [b, a],
  ]) {
    assert.deepEqual(
      combine(found, false, layers).components[0],
      component('pkg:npm/x@1', ['a', 'b', 'c'], {
        direct: true,
        licenses: ['ISC', 'MIT'],
        dependsOn: ['pkg:npm/y@1', 'pkg:npm/z@1'],
      }),
    );
  }
});
