import { clip, type Problem } from '../../../../model/problem.ts';
import type { Cataloger, CatalogFile, FileView } from '../../../cataloger.ts';
import { ComponentSet } from '../../component-set.ts';
import { someOf } from '../../input-shape.ts';
import { keepCondensed } from '../../kept-bytes.ts';
import { addLockGraph } from '../../lock-graph.ts';
import { keepProjectManifest, type NpmManifest, readNpmManifest } from '../../npm-manifest.ts';
import { folderOf, foldersUp } from '../../project-root.ts';
import { malformed, readText } from '../../text-document.ts';
import { readBerry } from './berry.ts';
import { readClassic } from './classic.ts';
import type { YarnLock } from './lock.ts';
import { rootsOf } from './roots.ts';

const id = 'lang/yarn-lock';
const lockName = 'yarn.lock';

/**
 * `yarn.lock` of yarn 1 and of yarn 2 and later. What the project asks for itself, and what only for development, stands
 * in the `package.json` beside the lockfile and in those of the workspaces below it; without them `direct` is not known.
 */
export const yarnLock: Cataloger = {
  id,
  about: '`yarn.lock` of yarn 1 and of yarn 2 and later',
  revision: 1,
  maxFileSizeBytes: 32 * 1024 * 1024,
  wants: ({ name, path }) => (name === lockName || name === 'package.json') && !`/${path}`.includes('/node_modules/'),
  extract: ({ name }) => (name === lockName ? keepCondensed((bytes) => bytes) : keepProjectManifest()),
  catalog(view, { signal }) {
    const set = new ComponentSet(id);
    const problems: Problem[] = [];
    const manifests = manifestsByLock(view);
    for (const file of view.files) {
      signal.throwIfAborted();
      if (file.name === lockName) problems.push(...catalogLock(file, manifests.get(file.path) ?? [], set));
    }
    return { components: set.list(), problems };
  },
};

/** Each manifest belongs to the nearest lockfile above it; a lockfile without one beside it knows no project. */
function manifestsByLock(view: FileView): ReadonlyMap<string, readonly NpmManifest[]> {
  const locks = new Set(view.files.filter((file) => file.name === lockName).map((file) => folderOf(file.path)));
  const found = new Map<string, NpmManifest[]>();
  const beside = new Set<string>();
  for (const file of view.files) {
    if (file.name === lockName) continue;
    for (const folder of foldersUp(folderOf(file.path))) {
      if (!locks.has(folder)) continue;
      const lock = folder + lockName;
      const manifests = found.get(lock);
      if (manifests === undefined) found.set(lock, [readNpmManifest(file)]);
      else manifests.push(readNpmManifest(file));
      if (folder === folderOf(file.path)) beside.add(lock);
      break;
    }
  }
  return new Map([...found].filter(([lock]) => beside.has(lock)));
}

function catalogLock(file: CatalogFile, manifests: readonly NpmManifest[], set: ComponentSet): readonly Problem[] {
  const text = readText(file);
  if ('problem' in text) return [text.problem];
  const isBerry = text.value.startsWith('__metadata:') || text.value.includes('\n__metadata:');
  const lock: YarnLock = isBerry ? readBerry(file) : readClassic(text.value, file);
  const roots = rootsOf(lock, manifests);
  addLockGraph(set, lock.nodes, roots, () => file);
  return lock.invalid.length === 0
    ? lock.problems
    : [
        ...lock.problems,
        malformed(file, `${lock.invalid.length} entries are no components of npm: ${clip(someOf(lock.invalid))}`),
      ];
}
