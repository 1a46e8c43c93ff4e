import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Component, Inventory, OperatingSystem } from '../model/inventory.ts';
import type { Problem } from '../model/problem.ts';
import { operatingSystemProblems } from './operating-system.ts';

const system = (id: string, versionId: string, ecosystem: string | null): OperatingSystem => ({
  id,
  versionId,
  name: `${id} ${versionId}`,
  ecosystem,
});

const component = (purl: string): Component => ({
  purl,
  name: 'x',
  version: '1',
  foundBy: 'test',
  locations: [],
  direct: null,
  dev: false,
  licenses: [],
  dependsOn: [],
});

const inventory = (os: OperatingSystem | null, purls: string[], problems: Problem[] = []): Inventory => ({
  artifact: {
    kind: 'image',
    name: 'x',
    digest: `sha256:${'0'.repeat(64)}`,
    digestOf: 'config',
    references: [],
    platform: null,
    configDigest: null,
    layers: [],
  },
  os,
  config: null,
  components: purls.map(component),
  coverage: [],
  problems,
});

const codes = (of: Inventory, day: string) =>
  operatingSystemProblems(of, new Date(`${day}T12:00:00Z`)).map((p) => p.code);

test('a system with advisories, support and packages is no problem', () => {
  const debian = system('debian', '12', 'Debian:12');
  assert.deepEqual(codes(inventory(debian, ['pkg:deb/debian/curl@1']), '2026-11-21'), []);
  assert.deepEqual(codes(inventory(null, []), '2026-11-21'), []);
});

test('support ends with its last day, not before', () => {
  const of = inventory(system('debian', '11', 'Debian:11'), ['pkg:deb/debian/curl@1']);
  assert.deepEqual(codes(of, '2026-08-31'), []);
  assert.deepEqual(codes(of, '2026-09-01'), ['os-end-of-life']);
});

test('a system without advisories, and one whose packages are not there', () => {
  assert.deepEqual(codes(inventory(system('fedora', '44', null), ['pkg:rpm/fedora/curl@1']), '2026-11-21'), [
    'os-unsupported',
  ]);
  assert.deepEqual(codes(inventory(system('debian', '12', 'Debian:12'), ['pkg:npm/x@1']), '2026-11-21'), [
    'nothing-recognised',
  ]);
  const unread: Problem = { code: 'unsupported', where: 'var/lib/rpm/rpmdb.sqlite', message: 'not read' };
  assert.deepEqual(codes(inventory(system('rocky', '9', 'Rocky Linux:9'), [], [unread]), '2026-11-21'), [
    'nothing-recognised',
  ]);
});
