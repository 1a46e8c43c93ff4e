import type { Problem } from '../../../../model/problem.ts';
import type { CatalogFile } from '../../../cataloger.ts';
import { keysOf, own, ownRecord, ownText, recordOf } from '../../input-shape.ts';
import { type LockNode, maxLockEdges, maxLockEntries, tooManyEntries } from '../../lock-graph.ts';
import { aliasTarget, npmComponent, npmVersion } from '../../npm-component.ts';
import { deepestNesting, type NpmLock } from './lock.ts';

type Entry = Readonly<Record<string, unknown>>;

/** One `node_modules`: the names in it and the one around it. */
interface Scope {
  readonly entries: Entry;
  readonly at: string;
  readonly outer: Scope | null;
  readonly level: number;
}

/** `dependencies` of version 1: nested as the folders are. It does not tell what the project itself asks for. */
export function readDependencies(dependencies: Entry, file: CatalogFile): NpmLock {
  const problems: Problem[] = [];
  const invalid: string[] = [];
  const unversioned: string[] = [];
  const nodes = new Map<string, LockNode>();
  const scopes: Scope[] = [{ entries: dependencies, at: '', outer: null, level: 0 }];
  let edges = 0;
  let tooDeep = false;

  for (let scope = scopes.pop(); scope !== undefined && nodes.size < maxLockEntries; scope = scopes.pop()) {
    for (const [folder, value] of Object.entries(scope.entries)) {
      if (nodes.size >= maxLockEntries) break;
      const entry = recordOf(value);
      if (entry === null) continue;
      const key = `${scope.at}/${folder}`;
      const nested = ownRecord(entry, 'dependencies');
      const inner = { entries: nested ?? {}, at: key, outer: scope, level: scope.level + 1 };
      if (nested !== null && inner.level > deepestNesting) tooDeep = true;
      else if (nested !== null) scopes.push(inner);
      const requires = keysOf(own(entry, 'requires'));
      edges += requires.length;
      const found = componentOf(folder, entry);
      if (found === 'invalid') invalid.push(folder);
      else if (found === 'unversioned') unversioned.push(folder);
      else {
        const needs = edges > maxLockEdges ? [] : requires.flatMap((name) => resolve(inner, name) ?? []);
        nodes.set(key, { component: found, needs, dev: own(entry, 'dev') === true });
      }
    }
  }
  if (nodes.size >= maxLockEntries) problems.push(tooManyEntries(file, 'entries', maxLockEntries));
  if (edges > maxLockEdges) problems.push(tooManyEntries(file, 'edges', maxLockEdges));
  if (tooDeep) problems.push(tooManyEntries(file, 'levels', deepestNesting));
  return { nodes, roots: null, problems, invalid, unversioned };
}

/** `version` holds a version, an alias (`npm:ms@2.0.0`), an archive's or repository's address, or a folder (`file:…`: the project's own). */
function componentOf(folder: string, entry: Entry): LockNode['component'] | 'invalid' | 'unversioned' {
  const version = ownText(entry, 'version');
  if (version === null) return 'unversioned';
  const alias = aliasTarget(version);
  if (alias !== null) return npmComponent(alias.name, alias.rest) ?? 'invalid';
  if (npmVersion(version) !== null) return npmComponent(folder, version) ?? 'invalid';
  if (version.startsWith('file:') && !version.endsWith('.tgz') && !version.endsWith('.tar.gz')) return null;
  const inAddress = versionInAddress(folder, version);
  if (inAddress !== null) return npmComponent(folder, inAddress) ?? 'invalid';
  return /^[a-z0-9+]+:|\//i.test(version) ? 'unversioned' : 'invalid';
}

/** A registry's archive has name and version in its address: `…/ms/-/ms-2.0.0.tgz`. */
function versionInAddress(name: string, address: string): string | null {
  const base = name.slice(name.indexOf('/') + 1);
  const start = `/${name}/-/${base}-`;
  const at = address.indexOf(start);
  return at >= 0 && address.endsWith('.tgz') ? npmVersion(address.slice(at + start.length, -4)) : null;
}

function resolve(from: Scope, name: string): string | null {
  for (let scope: Scope | null = from; scope !== null; scope = scope.outer) {
    if (Object.hasOwn(scope.entries, name)) return `${scope.at}/${name}`;
  }
  return null;
}
