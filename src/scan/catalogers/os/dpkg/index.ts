import type { Component } from '../../../../model/inventory.ts';
import type { Problem } from '../../../../model/problem.ts';
import { capProblems } from '../../../cap-problems.ts';
import type { Cataloger, CatalogFile, FileView } from '../../../cataloger.ts';
import { distroComponent, ownerOf } from '../../../distro-component.ts';
import { keptLines, lineExtractor } from '../../../lines.ts';
import { mayBeReadByOthers } from '../../../owned-paths.ts';
import { isStatusLine, parseStanzas } from './stanzas.ts';

const folder = 'var/lib/dpkg/';
const statusFile = 'var/lib/dpkg/status';
/** Distroless images keep one status file for each package here, and beside it the digests of its files. */
const statusFolder = 'var/lib/dpkg/status.d/';
const infoFolder = 'var/lib/dpkg/info/';

/** What other tools put beside the status files of `status.d`. */
const companions = [
  '.md5sums',
  '.list',
  '.conffiles',
  '.preinst',
  '.postinst',
  '.prerm',
  '.postrm',
  '.triggers',
  '.shlibs',
  '.symbols',
  '.templates',
] as const;

type Kind = 'status' | 'list' | 'md5sums';

function kindOf(path: string): Kind | null {
  if (!path.startsWith(folder)) return null;
  if (path === statusFile) return 'status';
  if (path.startsWith(infoFolder))
    return path.endsWith('.list') && !path.includes('/', infoFolder.length) ? 'list' : null;
  if (!path.startsWith(statusFolder) || path.includes('/', statusFolder.length) || path === statusFolder) return null;
  if (path.endsWith('.md5sums')) return 'md5sums';
  return companions.some((ending) => path.endsWith(ending)) ? null : 'status';
}

/** `md5  usr/bin/x` → `usr/bin/x`; `/usr/bin/x` → `usr/bin/x`. */
function ownedPath(kind: Kind, line: string): string {
  const path = kind === 'md5sums' ? line.slice(line.indexOf(' ') + 1).trimStart() : line;
  return path.startsWith('/') ? path.slice(1) : path.startsWith('./') ? path.slice(2) : path;
}

/** Name of the package that a list belongs to: `libc6:amd64.list` → `libc6`. */
function packageOf(file: CatalogFile): string {
  const stem = file.name.slice(0, file.name.lastIndexOf('.'));
  const colon = stem.indexOf(':');
  return colon < 0 ? stem : stem.slice(0, colon);
}

/** Installed packages of Debian and its relatives, from dpkg's database, also as distroless images keep it. */
export const dpkg: Cataloger = {
  id: 'os/dpkg',
  about: "packages of Debian and its relatives, from dpkg's database, also as distroless images keep it",
  revision: 1,
  maxFileSizeBytes: 64 << 20,

  wants: (file) => kindOf(file.path) !== null,

  extract(file) {
    const kind = kindOf(file.path);
    if (kind === 'status' || kind === null) {
      let blank = true;
      const lines = lineExtractor((line) => {
        if (!isStatusLine(line)) return false;
        const before = blank;
        blank = line.trim() === '';
        return !(blank && before);
      });
      // A status file without any stanza is a finding of its own, so it is kept even when nothing in it was.
      return { push: lines.push, end: () => lines.end() ?? new Uint8Array() };
    }
    return lineExtractor((line) => mayBeReadByOthers(ownedPath(kind, line)));
  },

  catalog(view, { os, signal }) {
    const statuses = view.files.filter((file) => kindOf(file.path) === 'status');
    const components: Component[] = [];
    const problems: Problem[] = [];
    /** Owner of lists → names of the packages that are there. */
    const installed = new Set<string>();
    for (const file of statuses) {
      signal.throwIfAborted();
      const read = parseStanzas(keptLines(file.bytes), file.path);
      if (read.stanzas === 0 && file.sizeBytes > 0) {
        problems.push({
          code: 'malformed',
          where: file.path,
          message: 'no package is described in it: not a dpkg status file',
        });
      }
      problems.push(...capProblems(read.problems, file.path));
      const owner = ownerOf('deb', os, file.path);
      if (read.packages.length > 0) problems.push(...owner.problems);
      const location = { path: file.path, layer: file.layer };
      for (const one of read.packages) {
        components.push(distroComponent('deb', owner.os, one, { foundBy: dpkg.id, location }));
        installed.add(file.path === statusFile ? one.name : `${statusFolder}${file.name}`);
      }
    }
    return { components, problems, ownedPaths: ownedPaths(view, installed) };
  },
};

/** Only lists of packages that were counted: the list of one that nobody reported must not hide what is really there. */
function* ownedPaths(view: FileView, installed: ReadonlySet<string>): Generator<string> {
  for (const file of view.files) {
    const kind = kindOf(file.path);
    if (kind === null || kind === 'status') continue;
    const owner = kind === 'list' ? packageOf(file) : `${statusFolder}${file.name.slice(0, -'.md5sums'.length)}`;
    if (!installed.has(owner)) continue;
    // On a merged /usr the list says lib/x and the file is usr/lib/x.
    const lines = keptLines(file.bytes);
    for (const [at, line] of lines.entries()) {
      // A folder stands before what is in it.
      if (lines[at + 1]?.startsWith(`${line}/`) !== true) yield view.resolve(ownedPath(kind, line));
    }
  }
}
