import type { Component } from '../../../../model/inventory.ts';
import type { Problem } from '../../../../model/problem.ts';
import { capProblems } from '../../../cap-problems.ts';
import type { Cataloger, Extractor } from '../../../cataloger.ts';
import { distroComponent, ownerOf } from '../../../distro-component.ts';
import { keptLines, lineExtractor } from '../../../lines.ts';
import { mayBeReadByOthers } from '../../../owned-paths.ts';
import { isPackageLine, parseInstalled } from './installed.ts';

/** Where apk-tools keep what is installed; newer ones of merged-/usr systems below usr. */
const databases: readonly string[] = ['lib/apk/db/installed', 'usr/lib/apk/db/installed'];

/** Keeps the fields of packages, and of their files those that other catalogers may read. */
function extractor(): Extractor {
  let folder = '';
  const lines = lineExtractor((line) => {
    if (line.startsWith('F:')) {
      folder = line.slice(2);
      return true;
    }
    if (line.startsWith('R:')) return mayBeReadByOthers(folder === '' ? line.slice(2) : `${folder}/${line.slice(2)}`);
    return isPackageLine(line);
  });
  return { push: lines.push, end: () => lines.end() ?? new Uint8Array() };
}

/** Installed packages of Alpine and its relatives (Wolfi, Chainguard, Alpaquita …), from apk's database. */
export const apk: Cataloger = {
  id: 'os/apk',
  about: "packages of Alpine and its relatives, from apk's database",
  revision: 1,
  maxFileSizeBytes: 128 << 20,

  wants: (file) => databases.includes(file.path),

  extract: extractor,

  catalog(view, { os, signal }) {
    const components: Component[] = [];
    const problems: Problem[] = [];
    const ownedPaths = new Set<string>();
    for (const file of view.files) {
      signal.throwIfAborted();
      const read = parseInstalled(keptLines(file.bytes), file.path);
      if (read.entries === 0 && file.sizeBytes > 0) {
        const message = 'no package is described in it: not an installed database of apk';
        problems.push({ code: 'malformed', where: file.path, message });
      }
      problems.push(...capProblems(read.problems, file.path));
      const owner = ownerOf('apk', os, file.path);
      if (read.packages.length > 0) problems.push(...owner.problems);
      const location = { path: file.path, layer: file.layer };
      for (const one of read.packages)
        components.push(distroComponent('apk', owner.os, one, { foundBy: apk.id, location }));
      for (const path of read.files) ownedPaths.add(view.resolve(path));
    }
    return { components, problems, ownedPaths };
  },
};
