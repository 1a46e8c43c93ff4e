import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Component, Digest } from '../model/inventory.ts';
import type { Cataloger } from './cataloger.ts';
import { combine, type Found } from './combine.ts';

const layer: Digest = `sha256:${'1'.repeat(64)}`;

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

function of(id: string, components: Component[], ownedPaths?: string[]): Found {
  const cataloger: Cataloger = {
    id,
    revision: 3,
    maxFileSizeBytes: 1,
    wants: () => false,
    catalog: () => ({ components: [], problems: [] }),
  };
  const view = { files: [], get: () => null, resolve: (path: string) => path.replace(/^lib\//, 'usr/lib/') };
  return {
    cataloger,
    view,
    catalogued: { components, problems: [], ...(ownedPaths === undefined ? {} : { ownedPaths }) },
  };
}

const purls = (found: Found[], dev = false): string[] => combine(found, dev).components.map(({ purl }) => purl);

it('what an operating-system package owns is not counted again, unless it lies elsewhere too', () => {
  const os = of('os/dpkg', [component('pkg:deb/p@1', ['usr/lib/p'])], ['usr/lib/p', 'usr/lib/q']);
  const lang = of('lang/a', [
    component('pkg:npm/p@1', ['lib/p']),
    component('pkg:npm/q@1', ['usr/lib/q', 'srv/q']),
    component('pkg:npm/none@1', []),
  ]);
  assert.deepEqual(purls([os, lang]), ['pkg:deb/p@1', 'pkg:npm/none@1', 'pkg:npm/q@1']);
  assert.deepEqual(combine([lang, os], false).coverage, [
    { cataloger: 'lang/a', revision: 3, files: 0, components: 2 },
    { cataloger: 'os/dpkg', revision: 3, files: 0, components: 1 },
  ]);
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
  assert.deepEqual(combine(found, false).components[0]?.locations, [{ path: 'z', layer }]);
  assert.deepEqual(
    combine(found, true).components.map(({ purl, dev }) => [purl, dev]),
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
      combine(found, false).components[0],
      component('pkg:npm/x@1', ['a', 'b', 'c'], {
        direct: true,
        licenses: ['ISC', 'MIT'],
        dependsOn: ['pkg:npm/y@1', 'pkg:npm/z@1'],
      }),
    );
  }
});
