import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptCataloger } from '../../../testing/accept-cataloger.ts';
import { catalogFiles } from '../../../testing/catalog-files.ts';
import { unreadDatabase } from './index.ts';

// It never finds a component; with a database it always has a problem, which the tests below assert.
acceptCataloger(unreadDatabase, [
  {
    name: 'no database',
    files: { 'var/lib/dpkg/status': 'x', 'var/lib/rpm/.rpm.lock': 'x', 'usr/lib/rpm/macros': 'x' },
    atLeast: 0,
  },
]);

function problems(...paths: string[]): string[] {
  const { view } = catalogFiles(unreadDatabase, Object.fromEntries(paths.map((path) => [path, 'x'])), null);
  const found = unreadDatabase.catalog(view, { os: null, signal: new AbortController().signal });
  assert.deepEqual(found.components, []);
  return found.problems.map((p) => `${p.code} ${p.where}: ${p.message}`);
}

const said = (where: string, name: string) =>
  `unsupported ${where}: a ${name} is there and cannot be read yet: the packages in it are not assessed`;

test('each database is one problem that names it and its place', () => {
  const cases: readonly [path: string, where: string, name: string][] = [
    ['var/lib/rpm/Packages', 'var/lib/rpm/Packages', 'rpm database'],
    ['var/lib/rpm/rpmdb.sqlite', 'var/lib/rpm/rpmdb.sqlite', 'rpm database'],
    ['usr/lib/sysimage/rpm/Packages.db', 'usr/lib/sysimage/rpm/Packages.db', 'rpm database'],
    ['usr/share/rpm/rpmdb.sqlite', 'usr/share/rpm/rpmdb.sqlite', 'rpm database'],
    ['var/lib/rpmmanifest/container-manifest-2', 'var/lib/rpmmanifest/container-manifest-2', 'rpm manifest'],
    ['var/lib/pacman/local/bash-5.2-1/desc', 'var/lib/pacman/local', 'pacman database'],
    ['var/db/pkg/sys-libs/glibc-2.39/PF', 'var/db/pkg', 'portage database'],
    ['usr/lib/opkg/status', 'usr/lib/opkg/status', 'opkg database'],
    ['var/lib/chisel/manifest.wall', 'var/lib/chisel/manifest.wall', 'chisel manifest'],
    ['nix/var/nix/db/db.sqlite', 'nix/var/nix/db/db.sqlite', 'nix store database'],
    ['var/guix/db/db.sqlite', 'var/guix/db/db.sqlite', 'guix store database'],
    ['var/db/xbps/pkgdb-0.38.plist', 'var/db/xbps/pkgdb-0.38.plist', 'xbps database'],
    ['var/db/pkg/local.sqlite', 'var/db/pkg/local.sqlite', 'FreeBSD pkg database'],
    ['usr/share/clear/versionstamp', 'usr/share/clear/versionstamp', 'swupd bundle list'],
    ['var/lib/pkgtools/packages/bash-5.2.037-x86_64-1', 'var/lib/pkgtools/packages', 'Slackware package list'],
  ];
  for (const [path, where, name] of cases) assert.deepEqual(problems(path), [said(where, name)], path);
});

test('many files of one database are one problem, two databases are two', () => {
  assert.deepEqual(
    problems(
      'var/lib/pacman/local/a-1-1/desc',
      'var/lib/pacman/local/b-1-1/desc',
      'var/lib/rpm/Packages',
      'usr/share/rpm/rpmdb.sqlite',
    ),
    [said('usr/share/rpm/rpmdb.sqlite', 'rpm database'), said('var/lib/pacman/local', 'pacman database')],
  );
});

test('what only looks like one is none', () => {
  assert.deepEqual(
    problems(
      'home/x/var/lib/rpm/Packages',
      'var/lib/rpm/x/Packages',
      'var/lib/pacman/sync/core.db',
      'usr/lib/opkg/info/x.control',
    ),
    [],
  );
  assert.equal(
    unreadDatabase.wants({ path: 'var/lib/rpm/Packages', name: 'Packages', sizeBytes: 0, mode: 0o644 }),
    false,
  );
});
