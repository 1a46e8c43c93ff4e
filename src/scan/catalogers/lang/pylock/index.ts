import type { Problem } from '../../../../model/problem.ts';
import type { Cataloger, CatalogFile } from '../../../cataloger.ts';
import type { ComponentSet } from '../../component-set.ts';
import { catalogEach } from '../../each-file.ts';
import { own, ownList, ownRecord, ownText, recordOf } from '../../input-shape.ts';
import { insideInstalled } from '../../python-installed.ts';
import { addPythonLock, isOwnFolder, namedTables, type PythonLockEntry } from '../../python-lock.ts';
import { malformed, readToml } from '../../text-document.ts';

const id = 'lang/pylock';

/** `pylock.toml` and `pylock.<name>.toml`. https://packaging.python.org/en/latest/specifications/pylock-toml/ */
export const pylock: Cataloger = {
  id,
  about: '`pylock.toml` and `pylock.<name>.toml`',
  revision: 1,
  maxFileSizeBytes: 32 * 1024 * 1024,
  wants: ({ name, path }) =>
    name.startsWith('pylock.') && name.endsWith('toml') && name.split('.').length <= 3 && !insideInstalled(path),
  catalog: (view, options) => catalogEach(id, view, options, catalogLock),
};

function catalogLock(file: CatalogFile, set: ComponentSet): readonly Problem[] {
  const document = readToml(file);
  if ('problem' in document) return [document.problem];
  if (!ownText(document.value, 'lock-version')?.startsWith('1.')) {
    return [malformed(file, 'is no pylock.toml that is known (lock-version 1): write it again with its tool')];
  }
  const entries = namedTables(document.value, 'packages').map(({ name, table }): PythonLockEntry => {
    const marker = ownText(table, 'marker') ?? '';
    return {
      name,
      version: ownText(table, 'version'),
      own: isOwnFolder(table, ['directory']) && own(ownRecord(table, 'directory'), 'path') !== undefined,
      needs: ownList(table, 'dependencies').flatMap((value) => {
        const need = ownText(recordOf(value), 'name');
        return need === null ? [] : [{ name: need, version: ownText(recordOf(value), 'version') }];
      }),
      // A package of groups alone has a marker that asks for them; one of the product too has a wider one.
      dev: marker.includes(' in dependency_groups') && !marker.includes(' or '),
    };
  });
  return addPythonLock(set, file, { entries, asked: null });
}
