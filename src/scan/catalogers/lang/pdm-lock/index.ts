import type { Problem } from '../../../../model/problem.ts';
import type { Cataloger, CatalogFile } from '../../../cataloger.ts';
import type { ComponentSet } from '../../component-set.ts';
import { catalogEach } from '../../each-file.ts';
import { own, ownText } from '../../input-shape.ts';
import { folderOf } from '../../project-root.ts';
import { parseRequirement } from '../../python-component.ts';
import { insideInstalled } from '../../python-installed.ts';
import { addPythonLock, namedTables, notALock, type PythonLockEntry, textsOf } from '../../python-lock.ts';
import { keepProjectText, type PythonProject, projectBeside } from '../../python-project.ts';
import { readToml } from '../../text-document.ts';

const id = 'lang/pdm-lock';

/** `pdm.lock`. Its groups mix extras with groups for development: the `pyproject.toml` beside it tells them apart. */
export const pdmLock: Cataloger = {
  id,
  about: '`pdm.lock`',
  revision: 1,
  maxFileSizeBytes: 32 * 1024 * 1024,
  wants: ({ name, path }) => (name === 'pdm.lock' || name === 'pyproject.toml') && !insideInstalled(path),
  extract: keepProjectText,
  catalog: (view, options) =>
    catalogEach(id, view, options, (file, set) => {
      if (file.name !== 'pdm.lock') return [];
      return catalogLock(file, projectBeside(view.get(`${folderOf(file.path)}pyproject.toml`)), set);
    }),
};

function catalogLock(file: CatalogFile, project: PythonProject | null, set: ComponentSet): readonly Problem[] {
  const document = readToml(file);
  if ('problem' in document) return [document.problem];
  const lacking = notALock(file, document.value);
  if (lacking !== null) return [lacking];
  const product = project === null ? null : new Set(['default', ...project.extras]);
  const entries = namedTables(document.value, 'package').map(({ name, table }): PythonLockEntry => {
    const groups = textsOf(own(table, 'groups'));
    return {
      name,
      version: ownText(table, 'version'),
      own: ownText(table, 'path') !== null && own(table, 'editable') === true,
      needs: textsOf(own(table, 'dependencies')).flatMap((line) => {
        const requirement = parseRequirement(line);
        return requirement === null ? [] : [{ name: requirement.name, version: null }];
      }),
      dev: product === null || groups.length === 0 ? null : !groups.some((group) => product.has(group)),
    };
  });
  return addPythonLock(set, file, { entries, asked: project });
}
