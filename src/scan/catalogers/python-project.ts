import type { CatalogFile, Extractor, FileStat } from '../cataloger.ts';
import { keysOf, own, ownList, ownRecord } from './input-shape.ts';
import { keepCondensed } from './kept-bytes.ts';
import { type PythonNeed, parseRequirement } from './python-component.ts';
import { readToml } from './text-document.ts';

type Table = Readonly<Record<string, unknown>>;

/** What a `pyproject.toml` asks for, names as written. */
export interface PythonProject {
  /** `[project]` with its extras, and poetry's main dependencies. */
  readonly main: readonly PythonNeed[];
  /** Dependency groups, and what poetry, pdm and uv kept for development before there were groups. */
  readonly dev: readonly PythonNeed[];
  /** Names of the extras: optional, but part of the product. */
  readonly extras: readonly string[];
}

/**
 * Reads the dependencies of a `pyproject.toml`. https://packaging.python.org/en/latest/specifications/pyproject-toml/,
 * groups: https://peps.python.org/pep-0735/ (for development by definition),
 * poetry: https://python-poetry.org/docs/managing-dependencies/ (all groups but the implicit one are for development).
 */
export function readPythonProject(document: Table): PythonProject {
  const project = ownRecord(document, 'project');
  const extras = ownRecord(project, 'optional-dependencies');
  const tool = ownRecord(document, 'tool');
  const poetry = ownRecord(tool, 'poetry');
  const groups = ownRecord(poetry, 'group');
  return {
    main: needs([
      ...requirements(ownList(project, 'dependencies')),
      ...keysOf(extras).flatMap((name) => requirements(ownList(extras, name))),
      ...keysOf(ownRecord(poetry, 'dependencies')).filter((name) => name !== 'python'),
    ]),
    dev: needs([
      ...listsUnder(ownRecord(document, 'dependency-groups')),
      ...listsUnder(ownRecord(ownRecord(tool, 'pdm'), 'dev-dependencies')),
      ...requirements(ownList(ownRecord(tool, 'uv'), 'dev-dependencies')),
      ...keysOf(ownRecord(poetry, 'dev-dependencies')),
      ...keysOf(groups).flatMap((name) => keysOf(own(ownRecord(groups, name), 'dependencies'))),
    ]),
    extras: keysOf(extras),
  };
}

/** For `extract`: all of a file, but nothing of a `pyproject.toml` that asks for nothing (settings of a linter). */
export function keepProjectText({ name }: Pick<FileStat, 'name'>): Extractor {
  return keepCondensed((bytes) => {
    const asks =
      name !== 'pyproject.toml' || Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes('dependencies');
    return asks ? bytes : null;
  });
}

/** The project of the `pyproject.toml` beside a lockfile; null where there is none that can be read. */
export function projectBeside(file: CatalogFile | null): PythonProject | null {
  const document = file === null ? null : readToml(file);
  return document === null || 'problem' in document ? null : readPythonProject(document.value);
}

/** Names that every installation of the project needs: without extras, groups, and what a marker may rule out. */
export function requiredNames(document: Table): readonly string[] {
  const poetry = ownRecord(ownRecord(ownRecord(document, 'tool'), 'poetry'), 'dependencies');
  return [
    ...requirements(ownList(ownRecord(document, 'project'), 'dependencies'), false),
    ...keysOf(poetry).filter((name) => {
      const wanted = ownRecord(poetry, name);
      const conditional = own(wanted, 'optional') === true || own(wanted, 'markers') !== undefined;
      return name !== 'python' && !conditional && own(wanted, 'path') === undefined;
    }),
  ];
}

function needs(names: readonly string[]): PythonNeed[] {
  return names.map((name) => ({ name, version: null }));
}

function listsUnder(groups: Table | null): string[] {
  return keysOf(groups).flatMap((name) => requirements(ownList(groups, name)));
}

/** Names of PEP 508 lines; a group that includes another (`{include-group = …}`) adds nothing that the other does not. */
function requirements(list: readonly unknown[], conditional = true): string[] {
  return list.flatMap((line) => {
    const requirement = typeof line === 'string' ? parseRequirement(line) : null;
    return requirement === null || (requirement.marker !== '' && !conditional) ? [] : [requirement.name];
  });
}
