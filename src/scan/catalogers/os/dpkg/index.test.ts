import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Component, Digest, OperatingSystem } from '../../../../model/inventory.ts';
import { parsePurl } from '../../../../model/purl.ts';
import { acceptCataloger } from '../../../testing/accept-cataloger.ts';
import { catalogFiles, type SampleFile } from '../../../testing/catalog-files.ts';
import { dpkg } from './index.ts';

const testdata = join(import.meta.dirname, 'testdata');
const bookworm = readFileSync(join(testdata, 'bookworm.status'));
const bullseye = readFileSync(join(testdata, 'bullseye.status'));
const layer: Digest = `sha256:${'a'.repeat(64)}`;
const debian12: OperatingSystem = { id: 'debian', versionId: '12', name: 'Debian 12', ecosystem: 'Debian:12' };

/** Distroless style: one file for each package. */
const distroless = Object.fromEntries(
  bookworm
    .toString('latin1')
    .split('\n\n')
    .filter((stanza) => stanza !== '')
    .map((stanza) => [
      `var/lib/dpkg/status.d/${/^Package: (.*)$/m.exec(stanza)?.[1]}`,
      `${stanza.replace(/^Status: .*\n/m, '')}\n`,
    ]),
);

acceptCataloger(dpkg, [
  { name: 'bookworm', files: { 'var/lib/dpkg/status': bookworm }, atLeast: 13 },
  { name: 'bullseye', files: { 'var/lib/dpkg/status': bullseye }, atLeast: 7 },
  { name: 'distroless', files: distroless, atLeast: 13 },
]);

const byPurl = (a: Component, b: Component) => (a.purl < b.purl ? -1 : a.purl > b.purl ? 1 : 0);

function run(files: Record<string, SampleFile>, os: OperatingSystem | null = debian12) {
  const { view } = catalogFiles(dpkg, files, layer);
  const found = dpkg.catalog(view, { os, signal: new AbortController().signal });
  return { ...found, components: found.components.toSorted(byPurl), ownedPaths: [...(found.ownedPaths ?? [])] };
}

test('a real status file gives these components', () => {
  const found = run({ 'var/lib/dpkg/status': bookworm });
  assert.deepEqual(
    found.components.map((c) => c.purl),
    [
      'pkg:deb/debian/apt@2.6.1?arch=amd64&distro=debian-12',
      'pkg:deb/debian/base-files@12.4+deb12u15?arch=amd64&distro=debian-12',
      'pkg:deb/debian/bsdutils@1:2.38.1-5+deb12u3?arch=amd64&distro=debian-12&upstream=util-linux%402.38.1-5%2Bdeb12u3',
      'pkg:deb/debian/dpkg@1.21.23?arch=amd64&distro=debian-12',
      'pkg:deb/debian/gcc-12-base@12.2.0-14+deb12u1?arch=amd64&distro=debian-12&upstream=gcc-12',
      'pkg:deb/debian/libc6@2.36-9+deb12u14?arch=amd64&distro=debian-12&upstream=glibc',
      'pkg:deb/debian/libdb5.3@5.3.28+dfsg2-1?arch=amd64&distro=debian-12&upstream=db5.3',
      'pkg:deb/debian/libgcc-s1@12.2.0-14+deb12u1?arch=amd64&distro=debian-12&upstream=gcc-12',
      'pkg:deb/debian/libpam0g@1.5.2-6+deb12u2?arch=amd64&distro=debian-12&upstream=pam',
      'pkg:deb/debian/libstdc%2B%2B6@12.2.0-14+deb12u1?arch=amd64&distro=debian-12&upstream=gcc-12',
      'pkg:deb/debian/login@1:4.13+dfsg1-1+deb12u2?arch=amd64&distro=debian-12&upstream=shadow',
      'pkg:deb/debian/tar@1.34+dfsg-1.2+deb12u1?arch=amd64&distro=debian-12',
      'pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1?arch=amd64&distro=debian-12&upstream=zlib',
    ],
  );
  assert.deepEqual(found.components[2], {
    purl: 'pkg:deb/debian/bsdutils@1:2.38.1-5+deb12u3?arch=amd64&distro=debian-12&upstream=util-linux%402.38.1-5%2Bdeb12u3',
    name: 'bsdutils',
    version: '1:2.38.1-5+deb12u3',
    foundBy: 'os/dpkg',
    locations: [{ path: 'var/lib/dpkg/status', layer }],
    direct: null,
    dev: false,
    licenses: [],
    dependsOn: [],
  });
  assert.deepEqual(found.problems, []);
  assert.deepEqual(
    run(distroless).components.map((c) => c.purl),
    found.components.map((c) => c.purl),
  );
});

test('states, folded fields and broken stanzas', () => {
  const found = run({ 'var/lib/dpkg/status': readFileSync(join(testdata, 'broken.status')) });
  assert.deepEqual(
    found.components.map((c) => c.purl),
    [
      'pkg:deb/debian/good@1:2.0-1?arch=amd64&distro=debian-12',
      'pkg:deb/debian/half@1.0-2?arch=amd64&distro=debian-12&upstream=halves%401.0-1',
      'pkg:deb/debian/last@5?arch=amd64&distro=debian-12',
      'pkg:deb/debian/lower-case@3?arch=amd64&distro=debian-12',
      'pkg:deb/debian/no-status@4?distro=debian-12',
      'pkg:deb/debian/unpacked@0~rc1?arch=all&distro=debian-12',
    ],
  );
  assert.deepEqual(
    new Set(found.problems.map((p) => `${p.code} ${p.where}`)),
    new Set(['malformed var/lib/dpkg/status']),
  );
  assert.deepEqual(
    found.problems.map((p) => p.message),
    [
      'the version of package bad-version is not a Debian version: 1.0_2',
      'the version of package no-epoch is not a Debian version: x:1.0',
      'package no-version has no Version field',
      'package two-versions has two version fields',
      'package odd-state has a Status that dpkg does not know: install ok almost',
      'package number 13 has a Package field that is no name: ../../etc',
      'the Source of package bad-source is not a name and version: glibc (1.0',
      'the architecture of package bad-arch is not one: a b',
      'package number 16 has no Package field',
    ],
  );
});

test('a status file that is none is a problem, an empty one is not', () => {
  const noise = run({ 'var/lib/dpkg/status': 'hello\nworld\n' });
  assert.deepEqual(noise.components, []);
  assert.deepEqual(noise.problems, [
    {
      code: 'malformed',
      where: 'var/lib/dpkg/status',
      message: 'no package is described in it: not a dpkg status file',
    },
  ]);
  assert.deepEqual(run({ 'var/lib/dpkg/status': '' }).problems, []);
});

test('without a known distribution the packages are listed, and it is a problem', () => {
  const where = 'var/lib/dpkg/status';
  const one = { [where]: 'Package: tar\nVersion: 1.34\nArchitecture: amd64\n' };
  const nobody = run(one, null);
  assert.deepEqual(
    nobody.components.map((c) => c.purl),
    ['pkg:deb/tar@1.34?arch=amd64'],
  );
  assert.deepEqual(nobody.problems, [
    {
      code: 'os-unknown',
      where,
      message: 'no os-release tells which distribution these deb packages belong to: they cannot be assessed',
    },
  ]);
  const alpine = run(one, { id: 'alpine', versionId: '3.18.4', name: 'Alpine', ecosystem: 'Alpine:v3.18' });
  assert.deepEqual(
    alpine.components.map((c) => c.purl),
    ['pkg:deb/tar@1.34?arch=amd64'],
  );
  assert.deepEqual(alpine.problems, [
    {
      code: 'os-unknown',
      where,
      message: 'these are deb packages, but os-release names alpine, which uses apk: they cannot be assessed',
    },
  ]);
  const own = run(one, { id: 'my-own', versionId: '1', name: 'My own', ecosystem: null });
  assert.deepEqual(
    own.components.map((c) => c.purl),
    ['pkg:deb/my-own/tar@1.34?arch=amd64&distro=my-own-1'],
  );
  assert.deepEqual(own.problems, []);
});

test('owned paths: what others may read, of packages that are there, on a merged /usr too', () => {
  const stanza = (name: string, state: string) =>
    `Package: ${name}\nStatus: ${state}\nVersion: 1\nArchitecture: amd64\n\n`;
  const found = run({
    lib: '-> usr/lib',
    bin: '-> usr/bin',
    'usr/bin/python3': '-> python3.11',
    'var/lib/dpkg/status': stanza('py', 'install ok installed') + stanza('gone', 'deinstall ok config-files'),
    'var/lib/dpkg/info/py:amd64.list':
      '/.\n/lib/python3/dist-packages/six-1.16.0.egg-info/PKG-INFO\n/bin/tool\n/usr/bin/python3\n/usr/share/doc/py/copyright\n/usr/lib/libx.so.1\n/usr/lib/node_modules/npm/package.json\n',
    'var/lib/dpkg/info/gone.list': '/usr/bin/gone\n',
    'var/lib/dpkg/info/stranger.list': '/usr/bin/stranger\n',
    'var/lib/dpkg/status.d/base': 'Package: base\nVersion: 1\n',
    'var/lib/dpkg/status.d/base.md5sums':
      'd41d8cd98f00b204e9800998ecf8427e  usr/bin/app\nd41d8cd98f00b204e9800998ecf8427e  ./usr/sbin/appd\n',
    'var/lib/dpkg/status.d/other.md5sums': 'd41d8cd98f00b204e9800998ecf8427e  usr/bin/other\n',
  });
  assert.deepEqual(
    found.components.map((c) => c.name),
    ['base', 'py'],
  );
  assert.deepEqual(found.ownedPaths, [
    'usr/lib/python3/dist-packages/six-1.16.0.egg-info/PKG-INFO',
    'usr/bin/tool',
    'usr/bin/python3.11',
    'usr/lib/node_modules/npm/package.json',
    'usr/bin/app',
    'usr/sbin/appd',
  ]);
});

test('dpkg-query reads the same', (t) => {
  if (spawnSync('dpkg-query', ['--version']).status !== 0) {
    return t.skip('dpkg-query is not installed: apt-get install dpkg');
  }
  const folder = mkdtempSync(join(tmpdir(), 'kvitto-dpkg-'));
  try {
    const roots = [join(folder, 'bookworm'), join(folder, 'bullseye')];
    for (const [at, bytes] of [bookworm, bullseye].entries()) {
      mkdirSync(join(roots[at] ?? '', 'var/lib/dpkg/info'), { recursive: true });
      writeFileSync(join(roots[at] ?? '', 'var/lib/dpkg/status'), bytes);
    }
    if (existsSync('/var/lib/dpkg/status')) {
      const own = join(folder, 'own/var/lib/dpkg');
      mkdirSync(join(own, 'info'), { recursive: true });
      cpSync('/var/lib/dpkg/status', join(own, 'status'));
      if (existsSync('/var/lib/dpkg/arch')) cpSync('/var/lib/dpkg/arch', join(own, 'arch'));
      roots.push(join(folder, 'own'));
    }
    // Whole root file systems to compare as well, separated by colons.
    roots.push(...(process.env['KVITTO_DPKG_ROOTS'] ?? '').split(':').filter((root) => root !== ''));
    for (const root of roots) assertSameAsDpkgQuery(root);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function assertSameAsDpkgQuery(root: string): void {
  const fields = ['db:Status-Status', 'Package', 'Version', 'source:Package', 'source:Version', 'Architecture'];
  const format = `${fields.map((field) => `\${${field}}`).join(' ')}\\n`;
  const asked = spawnSync('dpkg-query', ['--admindir', join(root, 'var/lib/dpkg'), '-W', '-f', format], {
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  assert.equal(asked.status, 0, asked.stderr);
  const expected = asked.stdout
    .split('\n')
    .filter((line) => line !== '' && !/^(?:not-installed|config-files) /.test(line))
    .map((line) => line.slice(line.indexOf(' ') + 1));
  const found = run({ 'var/lib/dpkg/status': readFileSync(join(root, 'var/lib/dpkg/status')) });
  const lines = found.components.map(({ purl, name, version }) => {
    const { arch = '', upstream = name } = parsePurl(purl)?.qualifiers ?? {};
    const [source, sourceVersion = version] = upstream.split('@');
    return `${name} ${version} ${source} ${sourceVersion} ${arch}`;
  });
  assert.ok(expected.length > 0);
  assert.deepEqual(lines.toSorted(), expected.toSorted(), root);
  assert.deepEqual(found.problems, []);
}
