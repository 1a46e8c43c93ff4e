import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ComponentSet } from './component-set.ts';
import { addLockGraph, type LockNode } from './lock-graph.ts';

const file = (path: string) => ({
  path,
  name: path,
  sizeBytes: 0,
  mode: 0o644,
  layer: null,
  bytes: new Uint8Array(),
});
const seen = { purl: 'pkg:npm/a@1.0.0', name: 'a', version: '1.0.0' };

it('joins what several files say of one purl', () => {
  const set = new ComponentSet('lang/x');
  set.add({ ...seen, direct: null, dev: true, licenses: ['MIT'], dependsOn: ['pkg:npm/c@1', seen.purl] }, file('z'));
  set.add({ ...seen, direct: false, dev: true, licenses: ['BSD'] }, file('b'));
  set.add({ ...seen, direct: true, dev: false, licenses: ['MIT'], dependsOn: ['pkg:npm/b@1'] }, file('b'));
  set.add({ ...seen, direct: false, dev: true }, file('y'));
  assert.deepEqual(set.list(), [
    {
      ...seen,
      foundBy: 'lang/x',
      locations: ['b', 'y', 'z'].map((path) => ({ path, layer: null })),
      direct: true,
      dev: false,
      licenses: ['BSD', 'MIT'],
      dependsOn: ['pkg:npm/b@1', 'pkg:npm/c@1'],
    },
  ]);
});

it('walks a chain of 30,000 in a circle without recursion', () => {
  const length = 30_000;
  const nodes = new Map<string, LockNode>();
  for (let i = 0; i < length; i++) {
    const component = { purl: `pkg:npm/a@${i}.0.0`, name: 'a', version: `${i}.0.0` };
    nodes.set(`${i}`, { component, needs: [`${(i + 1) % length}`], dev: null });
  }
  const set = new ComponentSet('lang/x');
  addLockGraph(set, nodes, { main: [], dev: ['0'] }, () => file('lock'));
  const found = set.list();
  assert.equal(found.length, length);
  assert.ok(found.every((one) => one.dev && one.dependsOn.length === 1));
  assert.deepEqual(
    found.filter((one) => one.direct).map((one) => one.version),
    ['0.0.0'],
  );
});
