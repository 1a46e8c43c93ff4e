import { clip, type Problem } from '../../../../model/problem.ts';
import type { Cataloger, CatalogFile, FileStat } from '../../../cataloger.ts';
import { keysOf, own, someOf } from '../../input-shape.ts';
import { keepNothing } from '../../kept-bytes.ts';
import { folderOf, foldersUp, looksLikeProjectRoot } from '../../project-root.ts';
import { normalizedPythonName } from '../../python-component.ts';
import { insideInstalled, installedNames, marksInstalled } from '../../python-installed.ts';
import { keepProjectText, requiredNames } from '../../python-project.ts';
import { readToml } from '../../text-document.ts';

const locks: ReadonlySet<string> = new Set([
  'poetry.lock',
  'uv.lock',
  'pdm.lock',
  'Pipfile.lock',
  'pylock.toml',
  'requirements.txt',
]);

/**
 * Finds no component: says where a `pyproject.toml` or `Pipfile` asks for some that neither a lockfile nor an
 * installation gives a version.
 */
export const pythonManifest: Cataloger = {
  id: 'lang/python-manifest',
  about: 'no components: names a `pyproject.toml` or `Pipfile` whose components have no version anywhere as a problem',
  revision: 1,
  maxFileSizeBytes: 4 * 1024 * 1024,
  wants: (file) => marksInstalled(file) || ((isManifest(file) || locks.has(file.name)) && !insideInstalled(file.path)),
  extract: (file) => (isManifest(file) ? keepProjectText(file) : keepNothing()),
  catalog(view, { signal }) {
    signal.throwIfAborted();
    const installed = installedNames(view);
    const locked = new Set(view.files.filter((file) => locks.has(file.name)).map((file) => folderOf(file.path)));
    const problems: Problem[] = [];
    for (const file of view.files) {
      if (!isManifest(file) || !looksLikeProjectRoot(file.path)) continue;
      if ([...foldersUp(folderOf(file.path))].some((folder) => locked.has(folder))) continue;
      problems.push(...problemsOf(file, installed));
    }
    return { components: [], problems };
  },
};

function problemsOf(file: CatalogFile, installed: ReadonlySet<string>): readonly Problem[] {
  const document = readToml(file);
  if ('problem' in document) return [document.problem];
  const names = file.name === 'Pipfile' ? keysOf(own(document.value, 'packages')) : requiredNames(document.value);
  const missing = names.filter((name) => !installed.has(normalizedPythonName(name)));
  if (missing.length === 0) return [];
  const lock = file.name === 'Pipfile' ? 'pipenv lock' : 'uv lock, poetry lock or pdm lock';
  const named = clip(someOf(missing.map((name) => clip(name, 60))));
  const message = `asks for ${named}, but there is neither a lockfile nor an installation that tells the versions: run ${lock}, or scan the environment`;
  return [{ code: 'unsupported', where: file.path, message }];
}

function isManifest({ name }: FileStat): boolean {
  return name === 'pyproject.toml' || name === 'Pipfile';
}
