import type { Problem } from '../../../../model/problem.ts';
import type { Cataloger } from '../../../cataloger.ts';

/** A database of installed packages that is recognised but not read. */
interface Database {
  readonly name: string;
  /** Folders, with a slash behind, in which its files lie. */
  readonly folders: readonly string[];
  /** Names of files directly in the folder. */
  readonly files: readonly string[];
  /** For databases of one file or more for each package: its name, at any depth below the folder; empty for any name. */
  readonly each?: string;
}

const databases: readonly Database[] = [
  {
    name: 'rpm database',
    folders: ['var/lib/rpm/', 'usr/lib/sysimage/rpm/', 'usr/share/rpm/'],
    files: ['Packages', 'Packages.db', 'rpmdb.sqlite'],
  },
  { name: 'rpm manifest', folders: ['var/lib/rpmmanifest/'], files: ['container-manifest-1', 'container-manifest-2'] },
  { name: 'pacman database', folders: ['var/lib/pacman/local/'], files: [], each: 'desc' },
  { name: 'portage database', folders: ['var/db/pkg/'], files: [], each: 'PF' },
  { name: 'opkg database', folders: ['usr/lib/opkg/', 'var/lib/opkg/', 'opt/lib/opkg/'], files: ['status'] },
  { name: 'chisel manifest', folders: ['var/lib/chisel/'], files: ['manifest.wall'] },
  { name: 'nix store database', folders: ['nix/var/nix/db/'], files: ['db.sqlite'] },
  { name: 'guix store database', folders: ['var/guix/db/'], files: ['db.sqlite'] },
  { name: 'xbps database', folders: ['var/db/xbps/'], files: ['pkgdb-0.38.plist'] },
  { name: 'FreeBSD pkg database', folders: ['var/db/pkg/'], files: ['local.sqlite'] },
  { name: 'swupd bundle list', folders: ['usr/share/clear/'], files: ['versionstamp'] },
  { name: 'Slackware package list', folders: ['var/lib/pkgtools/packages/', 'var/log/packages/'], files: [], each: '' },
];

/** The names of all of them, for the page of what is read. */
export const unreadDatabases: readonly string[] = databases.map(({ name }) => name);

interface Hit {
  readonly name: string;
  /** The file, or the folder of a database that is many files. */
  readonly where: string;
}

function databaseOf(path: string): Hit | null {
  // Everything here lies below one of these: three comparisons for all the other files.
  if (!path.startsWith('var/') && !path.startsWith('usr/') && !path.startsWith('nix/') && !path.startsWith('opt/'))
    return null;
  for (const { name, folders, files, each } of databases) {
    for (const folder of folders) {
      if (!path.startsWith(folder)) continue;
      const rest = path.slice(folder.length);
      if (files.includes(rest)) return { name, where: path };
      if (each === '' ? rest !== '' : each !== undefined && rest.endsWith(`/${each}`))
        return { name, where: folder.slice(0, -1) };
    }
  }
  return null;
}

/**
 * Coverage, not components: a database of operating-system packages that Kvitto cannot read is a problem `unsupported` that names
 * it, so that an artifact with one is never called clean.
 */
export const unreadDatabase: Cataloger = {
  id: 'os/unread-database',
  about: 'no components: names a package database that cannot be read, such as that of rpm, as a problem',
  revision: 1,
  // No byte is read, so no size is too large.
  maxFileSizeBytes: 2 ** 50,

  wants: (file) => file.sizeBytes > 0 && databaseOf(file.path) !== null,

  extract: () => ({ push: () => false, end: () => new Uint8Array() }),

  catalog(view, { signal }) {
    const byName = new Map<string, Problem>();
    for (const { path } of view.files) {
      signal.throwIfAborted();
      const hit = databaseOf(path);
      if (hit === null || byName.has(hit.name)) continue;
      const message = `a ${hit.name} is there and cannot be read yet: the packages in it are not assessed`;
      byName.set(hit.name, { code: 'unsupported', where: hit.where, message });
    }
    return { components: [], problems: [...byName.values()] };
  },
};
