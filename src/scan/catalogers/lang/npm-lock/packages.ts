import type { Problem } from '../../../../model/problem.ts';
import type { CatalogFile } from '../../../cataloger.ts';
import { keysOf, own, ownRecord, ownText, recordOf } from '../../input-shape.ts';
import { type LockNode, maxLockEdges, maxLockEntries, tooManyEntries } from '../../lock-graph.ts';
import { npmComponent } from '../../npm-component.ts';
import { deepestNesting, type NpmLock } from './lock.ts';

type Entry = Readonly<Record<string, unknown>>;

const folder = 'node_modules/';
/** PATH_MAX of Linux: nothing below a longer path can be installed. */
const longestPath = 4096;

/**
 * `packages` of version 2 and 3: one entry per folder, `""` for the root, workspaces under their own folder, linked into
 * `node_modules`. Edges are found as Node would find the folder.
 */
export function readPackages(packages: Entry, file: CatalogFile): NpmLock {
  const problems: Problem[] = [];
  const invalid: string[] = [];
  const unversioned: string[] = [];
  const nodes = new Map<string, LockNode>();
  const roots = { main: new Set<string>(), dev: new Set<string>() };
  const hosts = new Hosts(packages);
  let edges = 0;

  const resolveAll = (from: string, names: readonly string[]): string[] => {
    edges += names.length;
    if (edges > maxLockEdges || names.length === 0) return [];
    const above = hosts.above(from);
    return names.flatMap((name) => {
      const host = above.find(({ names: installed }) => installed.has(name));
      return host === undefined ? [] : [`${host.prefix}${name}`];
    });
  };

  for (const [at, value] of Object.entries(packages)) {
    if (nodes.size >= maxLockEntries) {
      problems.push(tooManyEntries(file, 'entries', maxLockEntries));
      break;
    }
    const entry = recordOf(value);
    if (entry === null || own(entry, 'link') === true) continue;
    const needs = namesUnder(entry, ['dependencies', 'optionalDependencies', 'peerDependencies']);
    const last = installedAt(at);
    if (last === null) {
      for (const key of resolveAll(at, needs)) roots.main.add(key);
      for (const key of resolveAll(at, namesUnder(entry, ['devDependencies']))) roots.dev.add(key);
      continue;
    }
    const version = ownText(entry, 'version');
    const name = ownText(entry, 'name') ?? last;
    const component = version === null || at.length > longestPath ? null : npmComponent(name, version);
    if (version === null) unversioned.push(name);
    else if (component === null) invalid.push(name);
    if (component === null) continue;
    nodes.set(at, {
      component,
      licenses: ownText(entry, 'license') === null ? [] : [String(own(entry, 'license')).slice(0, 200)],
      needs: resolveAll(at, needs),
      dev: own(entry, 'dev') === true,
    });
  }
  if (edges > maxLockEdges) problems.push(tooManyEntries(file, 'edges', maxLockEdges));
  return { nodes, roots, problems, invalid, unversioned };
}

function namesUnder(entry: Entry, keys: readonly string[]): string[] {
  return keys.flatMap((key) => keysOf(ownRecord(entry, key)));
}

/** The name below the last `node_modules/`; null for a folder of the project itself. */
function installedAt(at: string): string | null {
  const last = at.lastIndexOf(folder);
  return last < 0 || (last > 0 && at[last - 1] !== '/') ? null : at.slice(last + folder.length);
}

/** What one `node_modules` holds. `prefix` is its path, with a slash at its end. */
interface Host {
  readonly prefix: string;
  readonly names: Set<string>;
}

/** The `node_modules` folders of a lockfile. By folder, because a key put together for each name and level costs seconds in a large file. */
class Hosts {
  readonly #byFolder = new Map<string, Host>();

  constructor(packages: Entry) {
    for (const at of Object.keys(packages)) {
      const name = installedAt(at);
      if (name === null) continue;
      const prefix = at.slice(0, at.length - name.length);
      const holder = prefix.slice(0, Math.max(0, prefix.length - folder.length - 1));
      const host = this.#byFolder.get(holder);
      if (host === undefined) this.#byFolder.set(holder, { prefix, names: new Set([name]) });
      else host.names.add(name);
    }
  }

  /** Where Node looks for a name from a folder: nearest first. */
  above(from: string): Host[] {
    const found: Host[] = [];
    let at = from;
    for (let level = 0; level < deepestNesting; level++) {
      const host = this.#byFolder.get(at);
      if (host !== undefined) found.push(host);
      if (at === '') break;
      at = parentOf(at);
    }
    return found;
  }
}

/** The folder whose `node_modules` holds this one: `a/node_modules/b` → `a`; of a workspace, the folder above. */
function parentOf(at: string): string {
  const nested = at.lastIndexOf(`/${folder}`);
  if (nested >= 0) return at.slice(0, nested);
  if (at.startsWith(folder)) return '';
  const slash = at.lastIndexOf('/');
  return slash < 0 ? '' : at.slice(0, slash);
}
