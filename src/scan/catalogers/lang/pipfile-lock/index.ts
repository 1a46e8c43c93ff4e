import type { Problem } from '../../../../model/problem.ts';
import type { Cataloger, CatalogFile, FileView } from '../../../cataloger.ts';
import type { ComponentSet } from '../../component-set.ts';
import { catalogEach } from '../../each-file.ts';
import { keysOf, own, ownRecord, ownText, recordOf } from '../../input-shape.ts';
import { folderOf } from '../../project-root.ts';
import { pinnedVersion } from '../../python-component.ts';
import { insideInstalled } from '../../python-installed.ts';
import { addPythonLock, type PythonLock, type PythonLockEntry } from '../../python-lock.ts';
import { malformed, readJson, readToml } from '../../text-document.ts';

const id = 'lang/pipfile-lock';

/** `Pipfile.lock`: `default` and `develop`, without edges. What the project asks for itself stands in the `Pipfile` beside it. */
export const pipfileLock: Cataloger = {
  id,
  about: '`Pipfile.lock`',
  revision: 1,
  maxFileSizeBytes: 32 * 1024 * 1024,
  wants: ({ name, path }) => (name === 'Pipfile.lock' || name === 'Pipfile') && !insideInstalled(path),
  catalog: (view, options) =>
    catalogEach(id, view, options, (file, set) => (file.name === 'Pipfile.lock' ? catalogLock(file, view, set) : [])),
};

function catalogLock(file: CatalogFile, view: FileView, set: ComponentSet): readonly Problem[] {
  const document = readJson(file);
  if ('problem' in document) return [document.problem];
  if (own(document.value, '_meta') === undefined) return [malformed(file, 'is no lockfile of pipenv: no "_meta"')];
  const entries = Object.entries(document.value)
    .filter(([section]) => section !== '_meta')
    .flatMap(([section, value]) => entriesOf(recordOf(value), section === 'develop'));
  return addPythonLock(set, file, { entries, asked: askedIn(view.get(`${folderOf(file.path)}Pipfile`)) });
}

/** Every section but `develop` is part of the product: pipenv has categories of the user's own naming. */
function entriesOf(section: Readonly<Record<string, unknown>> | null, dev: boolean): PythonLockEntry[] {
  return keysOf(section).map((name) => {
    const entry = ownRecord(section, name);
    const path = ownText(entry, 'path') ?? (own(entry, 'editable') === true ? ownText(entry, 'file') : null);
    return {
      name,
      version: pinnedVersion(ownText(entry, 'version') ?? ''),
      own: path !== null && !path.includes('://'),
      needs: [],
      dev,
    };
  });
}

function askedIn(file: CatalogFile | null): PythonLock['asked'] {
  const document = file === null ? null : readToml(file);
  if (document === null || 'problem' in document) return null;
  const main = Object.entries(document.value)
    .filter(([section]) => !['source', 'requires', 'pipenv', 'scripts', 'dev-packages'].includes(section))
    .flatMap(([, names]) => keysOf(names));
  const needs = (names: readonly string[]) => names.map((name) => ({ name, version: null }));
  return { main: needs(main), dev: needs(keysOf(own(document.value, 'dev-packages'))) };
}
