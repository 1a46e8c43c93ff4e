import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Component, Digest, OperatingSystem } from '../../../../model/inventory.ts';
import { parsePurl } from '../../../../model/purl.ts';
import { acceptCataloger } from '../../../testing/accept-cataloger.ts';
import { catalogFiles, type SampleFile } from '../../../testing/catalog-files.ts';
import { apk } from './index.ts';
import { parseInstalled } from './installed.ts';

const alpine = readFileSync(join(import.meta.dirname, 'testdata', 'alpine.installed'));
const layer: Digest = `sha256:${'a'.repeat(64)}`;
const alpine318: OperatingSystem = {
  id: 'alpine',
  versionId: '3.18.4',
  name: 'Alpine Linux v3.18',
  ecosystem: 'Alpine:v3.18',
};

const byPurl = (a: Component, b: Component) => (a.purl < b.purl ? -1 : a.purl > b.purl ? 1 : 0);

function run(files: Record<string, SampleFile>, os: OperatingSystem | null = alpine318) {
  const { view } = catalogFiles(apk, files, layer);
  const found = apk.catalog(view, { os, signal: new AbortController().signal });
  return { ...found, components: found.components.toSorted(byPurl), ownedPaths: [...(found.ownedPaths ?? [])] };
}

// The suite scans as Debian, whose packages these cannot be: that problem is asserted below, so the suite sees the cataloger with Alpine.
acceptCataloger({ ...apk, catalog: (view, { signal }) => apk.catalog(view, { os: alpine318, signal }) }, [
  { name: 'Alpine', files: { 'lib/apk/db/installed': alpine }, atLeast: 4 },
  { name: 'merged /usr', files: { 'usr/lib/apk/db/installed': alpine, lib: '-> usr/lib' }, atLeast: 4 },
]);

test('the packages of an installed database', () => {
  const found = run({ 'lib/apk/db/installed': alpine });
  const component = (purl: string, name: string, version: string, licenses: string[]) => ({
    purl,
    name,
    version,
    foundBy: 'os/apk',
    locations: [{ path: 'lib/apk/db/installed', layer }],
    direct: null,
    dev: false,
    licenses,
    dependsOn: [],
  });
  assert.deepEqual(found, {
    components: [
      component(
        'pkg:apk/alpine/alpine-baselayout@3.4.3-r1?arch=x86_64&distro=alpine-3.18.4',
        'alpine-baselayout',
        '3.4.3-r1',
        ['GPL-2.0-only'],
      ),
      component(
        'pkg:apk/alpine/libcrypto3@3.1.4-r5?arch=x86_64&distro=alpine-3.18.4&upstream=openssl',
        'libcrypto3',
        '3.1.4-r5',
        ['Apache-2.0'],
      ),
      component('pkg:apk/alpine/py3-pip@23.1.2-r0?arch=x86_64&distro=alpine-3.18.4', 'py3-pip', '23.1.2-r0', ['MIT']),
      component('pkg:apk/alpine/r@4.3.0-r3?arch=x86_64&distro=alpine-3.18.4&upstream=R', 'R', '4.3.0-r3', [
        'GPL-2.0-only AND LGPL-2.1-or-later',
      ]),
    ],
    problems: [],
    ownedPaths: ['usr/bin/pip3', 'usr/lib/python3.11/site-packages/pip-23.1.2.dist-info/METADATA'],
  });
  assert.equal(parsePurl(found.components[1]?.purl ?? '')?.qualifiers['upstream'], 'openssl');
});

test('the database is read under both of its paths', () => {
  const found = run({ 'usr/lib/apk/db/installed': alpine, 'lib/apk/db/installed': alpine });
  assert.deepEqual(
    found.components.map((c) => `${c.name} ${c.locations.map((at) => at.path)}`),
    ['alpine-baselayout', 'libcrypto3', 'py3-pip', 'R'].flatMap((name) => [
      `${name} lib/apk/db/installed`,
      `${name} usr/lib/apk/db/installed`,
    ]),
  );
});

test('broken packages are problems that name them', () => {
  const where = 'lib/apk/db/installed';
  const found = run({
    [where]:
      'P:ok\nV:1.0-r0\nA:x86_64\n\nV:1.0\n\nP:no-version\n\nP:bad\nV:1.0-1\n\nP:a b\nV:1\n\nP:x\nV:1\no:/etc\n\nP:y\nV:1\nA:a b\n\nP:last\nV:2.0_rc1~a1b2-r3',
  });
  assert.deepEqual(
    found.components.map((c) => c.purl),
    [
      'pkg:apk/alpine/last@2.0_rc1~a1b2-r3?distro=alpine-3.18.4',
      'pkg:apk/alpine/ok@1.0-r0?arch=x86_64&distro=alpine-3.18.4',
    ],
  );
  assert.deepEqual(found.problems, [
    { code: 'malformed', where, message: 'package number 2 has no name (P:)' },
    { code: 'malformed', where, message: 'package no-version has no version (V:)' },
    { code: 'malformed', where, message: 'the version of package bad is not one of apk: 1.0-1' },
    { code: 'malformed', where, message: 'package number 5 has a name (P:) that is none: a b' },
    { code: 'malformed', where, message: 'the origin (o:) of package x is no name: /etc' },
    { code: 'malformed', where, message: 'the architecture of package y is not one: a b' },
  ]);
  assert.deepEqual(run({ [where]: 'nonsense\n' }).problems, [
    { code: 'malformed', where, message: 'no package is described in it: not an installed database of apk' },
  ]);
  assert.deepEqual(run({ [where]: '' }), { components: [], problems: [], ownedPaths: [] });
});

test('packages of apk on a system that is not one of apk', () => {
  const where = 'lib/apk/db/installed';
  const found = run(
    { [where]: 'P:musl\nV:1.2.4-r0\n' },
    { id: 'debian', versionId: '12', name: 'Debian', ecosystem: 'Debian:12' },
  );
  assert.deepEqual(
    found.components.map((c) => c.purl),
    ['pkg:apk/musl@1.2.4-r0'],
  );
  assert.deepEqual(found.problems, [
    {
      code: 'os-unknown',
      where,
      message: 'these are apk packages, but os-release names debian, which uses deb: they cannot be assessed',
    },
  ]);
});

test('versions of apk', () => {
  const good = [
    '1',
    '1.2.3',
    '1.2.3-r4',
    '2.0a',
    '1.0_alpha',
    '1.0_p20240101-r0',
    '20240115-r0',
    '1.2_git20230101_rc2-r10',
    '3.0.0~0a1b-r0',
    '0',
  ];
  const bad = ['', 'v1', '1.', '1..2', '1-r', '1_foo', '1-r1-r2', '1.2ab', '1 2', '1.0-R1', '1.0~xyz'];
  const read = (version: string) => parseInstalled(['P:a', `V:${version}`], 'x').packages.length;
  assert.deepEqual(
    good.map(read),
    good.map(() => 1),
  );
  assert.deepEqual(
    bad.map(read),
    bad.map(() => 0),
  );
});
