import { clip, type Problem } from '../../model/problem.ts';
import type { CatalogFile } from '../cataloger.ts';
import type { ComponentSet } from './component-set.ts';
import { own, ownList, ownText, recordOf, someOf } from './input-shape.ts';
import {
  addLockGraph,
  type LockNode,
  type LockRoots,
  maxLockEdges,
  maxLockEntries,
  tooManyEntries,
} from './lock-graph.ts';
import { normalizedPythonName, type PythonNeed, pythonComponent } from './python-component.ts';
import { malformed } from './text-document.ts';

type Table = Readonly<Record<string, unknown>>;

/** What a lockfile's reader tells about one of its entries. */
export interface PythonLockEntry {
  readonly name: string;
  readonly version: string | null;
  /** Part of the project itself: a workspace member, an editable folder. */
  readonly own: boolean;
  /** Names (perhaps with a version, where a lockfile holds several) of what it needs. */
  readonly needs: readonly PythonNeed[];
  /** What the file itself says; null where it must be found from the roots. */
  readonly dev: boolean | null;
}

/** Entries of one lockfile and what its project asks for, by name. */
export interface PythonLock {
  readonly entries: readonly PythonLockEntry[];
  /** Null where neither the lockfile nor the manifest beside it tells. */
  readonly asked: { readonly main: readonly PythonNeed[]; readonly dev: readonly PythonNeed[] } | null;
}

/** Adds the components of a Python lockfile; an entry without a version (a repository, a folder) becomes a problem. */
export function addPythonLock(set: ComponentSet, file: CatalogFile, lock: PythonLock): readonly Problem[] {
  const problems: Problem[] = [];
  const invalid: string[] = [];
  const unversioned: string[] = [];
  const kept = lock.entries.slice(0, maxLockEntries);
  if (kept.length < lock.entries.length) problems.push(tooManyEntries(file, 'entries', maxLockEntries));

  const keysByName = new Map<string, string[]>();
  const nodes = new Map<string, LockNode>();
  let edges = 0;
  const sameKey = new Map<string, PythonLockEntry[]>();
  const keysFor = (name: string, version: string | null): readonly string[] => {
    const plain = normalizedPythonName(name);
    const exact = `${plain} ${version}`;
    const keys = version !== null && sameKey.has(exact) ? [exact] : (keysByName.get(plain) ?? []);
    edges += Math.max(1, keys.length);
    return edges > maxLockEdges ? [] : keys;
  };
  for (const entry of kept) {
    const name = normalizedPythonName(entry.name);
    const key = `${name} ${entry.version}`;
    const same = sameKey.get(key);
    if (same !== undefined) same.push(entry);
    else {
      sameKey.set(key, [entry]);
      const keys = keysByName.get(name);
      if (keys === undefined) keysByName.set(name, [key]);
      else keys.push(key);
    }
  }
  for (const [key, same] of sameKey) {
    const entry = same[0];
    if (entry === undefined) continue;
    const component = entry.own || entry.version === null ? null : pythonComponent(entry.name, entry.version);
    if (!entry.own && entry.version === null) unversioned.push(entry.name);
    else if (!entry.own && component === null) invalid.push(`${entry.name} ${entry.version}`);
    // pdm writes a name again for each set of extras.
    const needs = same.flatMap((one) => one.needs.flatMap((need) => keysFor(need.name, need.version)));
    const dev = same.every((one) => one.dev === true) ? true : same.some((one) => one.dev === false) ? false : null;
    nodes.set(key, { component, needs, dev });
  }
  const { asked } = lock;
  const roots: LockRoots | null = asked && {
    main: asked.main.flatMap((need) => keysFor(need.name, need.version)),
    dev: asked.dev.flatMap((need) => keysFor(need.name, need.version)),
  };
  addLockGraph(set, nodes, roots, () => file);
  if (edges > maxLockEdges) problems.push(tooManyEntries(file, 'edges', maxLockEdges));
  if (invalid.length > 0) {
    problems.push(malformed(file, `${invalid.length} entries are no components of PyPI: ${clip(someOf(invalid))}`));
  }
  if (unversioned.length > 0) {
    const message = `does not tell the version of ${clip(someOf(unversioned))}: install it and scan the environment instead`;
    problems.push({ code: 'unsupported', where: file.path, message });
  }
  return problems;
}

/**
 * Why a lockfile that has `metadata` in every version is none; null where it is one. TOML takes an empty file, as a
 * full disk leaves it, for an empty table.
 */
export function notALock(file: CatalogFile, document: Table): Problem | null {
  if (own(document, 'metadata') !== undefined || own(document, 'package') !== undefined) return null;
  return malformed(
    file,
    'is not what a file of this name holds: neither metadata nor a package; write it again with its tool',
  );
}

/** The tables of an array of tables that have a name. */
export function namedTables(document: Table, key: string): readonly { readonly name: string; readonly table: Table }[] {
  return ownList(document, key).flatMap((value) => {
    const table = recordOf(value);
    const name = ownText(table, 'name');
    return table === null || name === null ? [] : [{ name, table }];
  });
}

/** The texts of a list. */
export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

/** Whether a table describes a folder of the project itself, by the kind of its source. */
export function isOwnFolder(source: Table | null, kinds: readonly string[]): boolean {
  return source !== null && kinds.some((kind) => own(source, kind) !== undefined);
}
