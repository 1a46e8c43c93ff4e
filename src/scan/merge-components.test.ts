import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Component } from '../model/inventory.ts';
import { mergeComponents } from './merge-components.ts';

const component = (purl: string, path: string, direct: boolean | null, dev = false): Component => ({
  purl,
  name: 'a',
  version: '1',
  foundBy: 'lang/go',
  locations: [{ path, layer: null }],
  direct,
  dev,
  licenses: [],
  dependsOn: [],
});

test('each purl once, sorted, with all its locations', () => {
  assert.deepEqual(
    mergeComponents([
      component('pkg:golang/b@v1.0.0', 'z', null),
      component('pkg:golang/a@v1.0.0', 'y', false, true),
      component('pkg:golang/b@v1.0.0', 'x', false),
      component('pkg:golang/a@v1.0.0', 'y', true, true),
      component('pkg:golang/b@v1.0.0', 'y', null, true),
    ]),
    [
      { ...component('pkg:golang/a@v1.0.0', 'y', true, true) },
      {
        ...component('pkg:golang/b@v1.0.0', 'x', false),
        locations: ['x', 'y', 'z'].map((path) => ({ path, layer: null })),
      },
    ],
  );
});
