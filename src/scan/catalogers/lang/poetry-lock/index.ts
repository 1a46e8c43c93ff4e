import type { Problem } from '../../../../model/problem.ts';
import type { Cataloger, CatalogFile } from '../../../cataloger.ts';
import type { ComponentSet } from '../../component-set.ts';
import { catalogEach } from '../../each-file.ts';
import { keysOf, own, ownRecord, ownText } from '../../input-shape.ts';
import { folderOf } from '../../project-root.ts';
import { insideInstalled } from '../../python-installed.ts';
import { addPythonLock, namedTables, notALock, type PythonLockEntry, textsOf } from '../../python-lock.ts';
import { keepProjectText, projectBeside } from '../../python-project.ts';
import { readToml } from '../../text-document.ts';

const id = 'lang/poetry-lock';

/**
 * `poetry.lock` of poetry 1 and 2. Poetry before 1.5 writes a category, poetry 2 the groups; the versions between tell
 * neither, and what is for development follows from the `pyproject.toml` beside it.
 */
export const poetryLock: Cataloger = {
  id,
  about: '`poetry.lock` of poetry 1 and 2',
  revision: 1,
  maxFileSizeBytes: 32 * 1024 * 1024,
  wants: ({ name, path }) => (name === 'poetry.lock' || name === 'pyproject.toml') && !insideInstalled(path),
  extract: keepProjectText,
  catalog: (view, options) =>
    catalogEach(id, view, options, (file, set) => {
      if (file.name !== 'poetry.lock') return [];
      return catalogLock(file, projectBeside(view.get(`${folderOf(file.path)}pyproject.toml`)), set);
    }),
};

function catalogLock(
  file: CatalogFile,
  asked: ReturnType<typeof projectBeside>,
  set: ComponentSet,
): readonly Problem[] {
  const document = readToml(file);
  if ('problem' in document) return [document.problem];
  const lacking = notALock(file, document.value);
  if (lacking !== null) return [lacking];
  const entries = namedTables(document.value, 'package').map(({ name, table }): PythonLockEntry => {
    const source = ownText(ownRecord(table, 'source'), 'type');
    return {
      name,
      version: ownText(table, 'version'),
      own: source === 'directory',
      needs: keysOf(own(table, 'dependencies')).map((need) => ({ name: need, version: null })),
      dev: devOf(ownText(table, 'category'), textsOf(own(table, 'groups'))),
    };
  });
  return addPythonLock(set, file, { entries, asked });
}

function devOf(category: string | null, groups: readonly string[]): boolean | null {
  if (category !== null) return category !== 'main';
  return groups.length === 0 ? null : !groups.includes('main');
}
