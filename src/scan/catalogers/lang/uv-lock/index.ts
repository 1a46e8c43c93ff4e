import type { Problem } from '../../../../model/problem.ts';
import type { Cataloger, CatalogFile } from '../../../cataloger.ts';
import type { ComponentSet } from '../../component-set.ts';
import { catalogEach } from '../../each-file.ts';
import { keysOf, own, ownList, ownRecord, ownText, recordOf } from '../../input-shape.ts';
import type { PythonNeed } from '../../python-component.ts';
import { insideInstalled } from '../../python-installed.ts';
import { addPythonLock, isOwnFolder, namedTables, type PythonLockEntry } from '../../python-lock.ts';
import { malformed, readToml } from '../../text-document.ts';

const id = 'lang/uv-lock';

type Table = Readonly<Record<string, unknown>>;

/** `uv.lock`: every package with its source; the workspace's own ones hold what the project asks for, by group. */
export const uvLock: Cataloger = {
  id,
  about: '`uv.lock`',
  revision: 1,
  maxFileSizeBytes: 32 * 1024 * 1024,
  wants: ({ name, path }) => name === 'uv.lock' && !insideInstalled(path),
  catalog: (view, options) => catalogEach(id, view, options, catalogLock),
};

function catalogLock(file: CatalogFile, set: ComponentSet): readonly Problem[] {
  const document = readToml(file);
  if ('problem' in document) return [document.problem];
  if (own(document.value, 'version') !== 1) {
    return [malformed(file, 'is no lockfile of uv that is known (version = 1): write it again with uv lock')];
  }
  const main: PythonNeed[] = [];
  const dev: PythonNeed[] = [];
  const entries = namedTables(document.value, 'package').map(({ name, table }): PythonLockEntry => {
    const itself = isOwnFolder(ownRecord(table, 'source'), ['virtual', 'editable', 'directory']);
    const needs = [...needsOf(own(table, 'dependencies')), ...needsUnder(ownRecord(table, 'optional-dependencies'))];
    if (itself) {
      main.push(...needs);
      dev.push(...needsUnder(ownRecord(table, 'dev-dependencies')));
    }
    return { name, version: ownText(table, 'version'), own: itself, needs, dev: null };
  });
  const manifest = ownRecord(document.value, 'manifest');
  // A script's or a virtual workspace root's own requirements.
  main.push(...needsOf(ownList(manifest, 'requirements')));
  dev.push(...needsUnder(ownRecord(manifest, 'dependency-groups')));
  return addPythonLock(set, file, { entries, asked: { main, dev } });
}

function needsUnder(groups: Table | null): PythonNeed[] {
  return keysOf(groups).flatMap((group) => needsOf(own(groups, group)));
}

function needsOf(list: unknown): PythonNeed[] {
  return (Array.isArray(list) ? list : []).flatMap((value) => {
    const table = recordOf(value);
    const name = ownText(table, 'name');
    return name === null ? [] : [{ name, version: ownText(table, 'version') }];
  });
}
