// Files inside of an artifact that are not what their names say, and places that lead out of it.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { paxBytes, type TarPiece, tarBytes } from '../../src/scan/testing/tar-bytes.ts';
import { allComponents, app, base, dockerArchive, layer } from './images.ts';
import { componentsOf, incomplete, orderly, problemsOf, type Told } from './runs.ts';
import { stage } from './stage.ts';

const { put, folder, scan } = stage('contents');
const nobody = 65534;

/** An image with a third layer of these files on top. */
const image = (name: string, pieces: readonly TarPiece[]) =>
  put(`${name}.tar`, dockerArchive([layer(base), layer(app), layer(tarBytes(pieces))]));

/** A folder with the files of a project. */
function project(name: string, files: Readonly<Record<string, string | Uint8Array>>): string {
  const at = folder(name);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(at, path, '..'), { recursive: true });
    writeFileSync(join(at, path), content);
  }
  return at;
}

/** The problems without the place of the layer. */
const placesOf = (told: Told) => problemsOf(told).map(([code, where]) => [code, where.replace(/^layer \S+: /, '')]);

describe('contents', { concurrency: 2 }, () => {
  test('links in a circle and links that lead out of the image stay inside of it', async () => {
    const ended = await scan(
      image('links', [
        { path: 'a', type: '2', link: 'b' },
        { path: 'b', type: '2', link: 'a' },
        { path: 'c', type: '2', link: 'c/c/c/c' },
        { path: 'etc/os-release', type: '2', link: '../../../../../../etc/os-release' },
        { path: 'srv/p/package-lock.json', type: '2', link: '/etc/shadow' },
        { path: 'var/lib/dpkg/status.d', type: '2', link: '../../../../../../../../etc' },
        { path: 'lib/apk/db/installed', type: '2', link: '../../../../../../../../proc/self/environ' },
      ]),
    );
    orderly(ended, 0);
    assert.deepEqual(componentsOf(JSON.parse(ended.stdout)), allComponents);
  });

  test('a package database that is a link to one of the host', async () => {
    const at = folder('rootfs');
    for (const each of ['etc', 'var/lib/dpkg']) mkdirSync(join(at, each), { recursive: true });
    const outside = put('outside', 'Package: stolen\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n');
    symlinkSync(outside, join(at, 'var/lib/dpkg/status'));
    symlinkSync('/etc/shadow', join(at, 'etc/os-release'));
    symlinkSync('../../../../../../../../etc/passwd', join(at, 'package-lock.json'));
    symlinkSync('/', join(at, 'root'));
    symlinkSync('.', join(at, 'again'));
    const ended = await scan(`dir:${at}`);
    const told = incomplete(ended);
    assert.deepEqual(componentsOf(told), []);
    assert.deepEqual(placesOf(told), [['nothing-recognised', at]]);
    assert.ok(!ended.stdout.includes('root:'));
  });

  test('devices and pipes are passed over', async () => {
    const devices = [
      { path: 'etc/os-release', type: '6' },
      { path: 'srv/package-lock.json', type: '3' },
      { path: 'srv/yarn.lock', type: '4', spoil: (h: Buffer) => h.write('77777777777', 124) },
    ];
    const ended = await scan(image('devices', devices));
    orderly(ended, 0);
    assert.deepEqual(componentsOf(JSON.parse(ended.stdout)), allComponents);
    const at = project('devices', { 'srv/node_modules/a/package.json': '{"name":"a","version":"1.0.0"}' });
    execFileSync('mkfifo', [join(at, 'package-lock.json'), join(at, 'etc-os-release')]);
    const told: Told = JSON.parse((await scan(`dir:${at}`)).stdout);
    assert.deepEqual(componentsOf(told), ['pkg:npm/a@1.0.0']);
  });

  test('an os-release of 100 MB', async () => {
    const large = Buffer.alloc(100 * 1024 * 1024, 'ID=debian\n');
    const inImage = await scan(image('os-release', [{ path: 'usr/lib/os-release', content: large }]));
    assert.deepEqual(
      componentsOf(incomplete(inImage)),
      allComponents.map((purl) => purl.replace('deb/debian/', 'deb/')),
    );
    assert.deepEqual(placesOf(incomplete(inImage)), [
      ['ecosystem-unsupported', 'pkg:deb'],
      ['limit-exceeded', 'usr/lib/os-release'],
      ['os-unknown', 'var/lib/dpkg/status'],
    ]);
    assert.ok(inImage.peakBytes < 400e6, `${inImage.peakBytes}`);
    const at = project('os-release', { 'etc/os-release': '' });
    truncateSync(join(at, 'etc/os-release'), 100 * 1024 * 1024);
    assert.deepEqual(placesOf(incomplete(await scan(`dir:${at}`))), [
      ['nothing-recognised', at],
      ['limit-exceeded', 'etc/os-release'],
    ]);
  });

  test('names and contents that are no UTF-8, and terminal sequences', async () => {
    const sequence = '\u001b]0;owned\u0007\u001b[31m\u202e';
    const pieces = [
      { path: 'srv/x/package-lock.json', content: Buffer.from([0x7b, 0xff, 0xfe, 0x80]) },
      { path: `srv/${sequence}/package-lock.json`, content: '[' },
      { path: 'xx', spoil: (h: Buffer) => h.fill(0xff, 0, 20) },
      { path: 'h', type: 'x', content: paxBytes({ path: `srv/y${sequence}/node_modules/q/package.json` }) },
      { path: 'h', content: JSON.stringify({ name: 'q', version: '1.0.0', license: sequence }) },
      { path: 'srv/z/node_modules/n/package.json', content: JSON.stringify({ name: sequence, version: sequence }) },
      { path: '../..\n\u001b[2J', content: 'x' },
      {
        path: 'usr/lib/python3/dist-packages/e-1.dist-info/METADATA',
        content: `Name: e\nVersion: 1.0\nLicense: ${sequence}\n`,
      },
    ];
    const target = image('bytes', pieces);
    const told = incomplete(await scan(target));
    for (const purl of [...allComponents, 'pkg:npm/q@1.0.0', 'pkg:pypi/e@1.0']) {
      assert.ok(componentsOf(told).includes(purl), purl);
    }
    for (const format of ['table', 'markdown', 'sarif', 'junit', 'gitlab', 'cyclonedx', 'spdx']) {
      orderly(await scan(target, ['-f', format, '--explain']), 3);
    }
  });

  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const nested = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
  const png = Buffer.from('89504e470d0a1a0a0000000d49484452ffffffff', 'hex');
  const wrong: Readonly<Record<string, string | Uint8Array>> = {
    array: '[1,2,3]',
    number: '1e999',
    string: '"package"',
    nothing: '',
    html: '<html><body>Not found</body></html>',
    png,
    deep,
    nested,
    cut: '{"lockfileVersion":3,"packages":{"node_modules/a":{"ver',
  };
  /** What a tool takes for a file without requirements, or without dependencies. */
  const mayBe: Readonly<Record<string, RegExp>> = { nothing: /requirements/, nested: /package\.json/ };
  const files = [
    ...['package-lock.json', 'npm-shrinkwrap.json', 'yarn.lock', 'pnpm-lock.yaml', 'Pipfile.lock', 'poetry.lock'],
    ...['uv.lock', 'pdm.lock', 'pylock.toml', 'go.mod', 'requirements.txt', 'node_modules/x/package.json'],
    ...['site-packages/x-1.dist-info/METADATA', 'site-packages/y.egg-info/PKG-INFO', 'package.json'],
  ];
  for (const [what, content] of Object.entries(wrong)) {
    test(`files that hold something else: ${what}`, async () => {
      const each = Object.fromEntries(files.map((file, at) => [`${at}/${file}`, content]));
      const good = { 'good/node_modules/a/package.json': '{"name":"a","version":"1.0.0"}' };
      const ended = await scan(`dir:${project(what, { ...each, ...good })}`);
      const told = incomplete(ended);
      assert.ok(componentsOf(told).includes('pkg:npm/a@1.0.0'));
      const where = new Set(told.problems.map((problem) => problem.where.replace(/:\d+$/, '')));
      const silent = files
        .map((file, at) => `${at}/${file}`)
        .filter((file) => !where.has(file) && !mayBe[what]?.test(file));
      assert.deepEqual(silent, [], JSON.stringify(told.components.map(({ purl }) => purl)));
    });
  }

  test('keys and numbers that bend a program', async () => {
    const own =
      '"__proto__":{"version":"9.9.9","polluted":true},"constructor":{"version":"1.0.0"},"toString":{"version":"1.0.0"}';
    const lock = `{"name":"p","lockfileVersion":3,"__proto__":{"packages":{}},"packages":{"":{"dependencies":{"__proto__":"1","a":"1"}},"node_modules/a":{"version":"1.0.0","dependencies":{${own.replaceAll(/\{[^}]*\}/g, '"1"')}}},"node_modules/__proto__":{"version":"1.0.0"},"node_modules/constructor":{"version":"1e400"},"node_modules/b":{"version":1e400,"dev":{"x":[]}}}}`;
    const old = `{"lockfileVersion":1,"dependencies":{${own},"c":{"version":"1.0.0","requires":{${own.replaceAll(/\{[^}]*\}/g, '"1"')}},"dependencies":{"__proto__":{"version":"2.0.0"}}}}}`;
    const told = incomplete(
      await scan(
        `dir:${project('keys', {
          'one/package-lock.json': lock,
          'two/package-lock.json': old,
          'three/package-lock.json': `{"lockfileVersion":${'9'.repeat(400)},"packages":{"node_modules/d":{"version":"1.0.0"}}}`,
          'four/pnpm-lock.yaml':
            "lockfileVersion: '9.0'\npackages:\n  __proto__@1.0.0: {}\n  constructor@1.0.0: {}\n  f@1.0.0: {}\nsnapshots:\n  __proto__@1.0.0: {}\n  constructor@1.0.0: {}\n  f@1.0.0: {}\n",
          'five/Pipfile.lock': '{"_meta":{},"default":{"__proto__":{"version":"==1.0"},"g":{"version":"==1.0"}}}',
        })}`,
      ),
    );
    for (const purl of ['pkg:npm/a@1.0.0', 'pkg:npm/c@1.0.0', 'pkg:npm/f@1.0.0', 'pkg:pypi/g@1.0']) {
      assert.ok(componentsOf(told).includes(purl), `${purl} of ${componentsOf(told)}`);
    }
  });

  test('folders and files that may not be read', {
    skip: process.getuid?.() !== 0 && 'LEFT OUT: needs root',
  }, async () => {
    const at = project('closed', {
      'a/node_modules/a/package.json': '{"name":"a","version":"1.0.0"}',
      'b/package-lock.json': '{}',
      'c/package-lock.json': '{}',
    });
    chmodSync(join(at, 'b'), 0);
    chmodSync(join(at, 'c/package-lock.json'), 0);
    for (let above = at; above !== tmpdir() && above !== '/'; above = dirname(above)) chmodSync(above, 0o755);
    const own = join(at, '../../nobody');
    mkdirSync(own);
    chownSync(own, nobody, nobody);
    const told = incomplete(await scan(`dir:${at}`, [], { user: nobody, home: own }));
    assert.deepEqual(placesOf(told), [
      ['store-missing', 'advisory store'],
      ['unreadable', 'b'],
      ['unreadable', 'c/package-lock.json'],
    ]);
    assert.deepEqual(componentsOf(told), ['pkg:npm/a@1.0.0']);
  });
});
