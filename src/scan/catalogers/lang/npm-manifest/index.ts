import type { Problem } from '../../../../model/problem.ts';
import type { Cataloger, CatalogFile, FileStat } from '../../../cataloger.ts';
import { keepNothing } from '../../kept-bytes.ts';
import { keepProjectManifest, readNpmManifest } from '../../npm-manifest.ts';
import { folderOf, foldersUp, looksLikeProjectRoot } from '../../project-root.ts';
import { malformed } from '../../text-document.ts';

const readLocks: ReadonlySet<string> = new Set([
  'package-lock.json',
  'npm-shrinkwrap.json',
  'yarn.lock',
  'pnpm-lock.yaml',
]);
const unreadLocks: ReadonlySet<string> = new Set(['bun.lock', 'bun.lockb', 'deno.lock']);
/** Asked for by path or workspace: the project's own. */
const ownProtocols = ['workspace:', 'file:', 'link:', 'portal:'];

/**
 * Finds no component: says where a project's `package.json` asks for some, and neither a lockfile nor a `node_modules`
 * tells which versions they come to.
 */
export const npmManifest: Cataloger = {
  id: 'lang/npm-manifest',
  about: 'no components: names a `package.json` that has neither lockfile nor installed components as a problem',
  revision: 1,
  maxFileSizeBytes: 4 * 1024 * 1024,
  wants: (file) =>
    file.name === 'package.json' ? marksInstall(file) || looksLikeProjectRoot(file.path) : isLock(file),
  extract: (file) => (file.name === 'package.json' && !marksInstall(file) ? keepProjectManifest() : keepNothing()),
  catalog(view, { signal }) {
    signal.throwIfAborted();
    const covered = new Set<string>();
    const unread = new Map<string, string>();
    for (const file of view.files) {
      if (marksInstall(file)) covered.add(file.path.slice(0, file.path.indexOf('node_modules/')));
      else if (readLocks.has(file.name)) covered.add(folderOf(file.path));
      else if (unreadLocks.has(file.name)) unread.set(folderOf(file.path), file.name);
    }
    const problems: Problem[] = [];
    for (const file of view.files) {
      if (file.name !== 'package.json' || marksInstall(file)) continue;
      const folders = [...foldersUp(folderOf(file.path))];
      if (folders.some((folder) => covered.has(folder))) continue;
      const lock = folders.map((folder) => unread.get(folder)).find((name) => name !== undefined);
      problems.push(...problemsOf(file, lock));
    }
    return { components: [], problems };
  },
};

function problemsOf(file: CatalogFile, lock: string | undefined): readonly Problem[] {
  const manifest = readNpmManifest(file);
  if (manifest.problem !== null) return [malformed(file, manifest.problem)];
  const count = manifest.needs.filter(
    ([, wanted]) => !ownProtocols.some((protocol) => wanted.startsWith(protocol)),
  ).length;
  if (count === 0) return [];
  const why = lock === undefined ? 'there is no lockfile' : `${lock} is not read`;
  const message = `asks for ${count} components, but ${why} and no node_modules that tells their versions: write a lockfile (npm install --package-lock-only) or scan the installed project`;
  return [{ code: 'unsupported', where: file.path, message }];
}

function marksInstall({ name, path }: FileStat): boolean {
  return name === 'package.json' && `/${path}`.includes('/node_modules/');
}

function isLock({ name, path }: FileStat): boolean {
  return (readLocks.has(name) || unreadLocks.has(name)) && !`/${path}`.includes('/node_modules/');
}
