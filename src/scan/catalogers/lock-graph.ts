import type { Problem } from '../../model/problem.ts';
import type { CatalogFile } from '../cataloger.ts';
import type { ComponentSet } from './component-set.ts';

/** Most entries that are taken from one lockfile. The largest known projects have some 20,000. */
export const maxLockEntries = 50_000;
/** Most edges that are followed in one lockfile. */
export const maxLockEdges = 500_000;

export interface LockComponent {
  readonly purl: string;
  readonly name: string;
  readonly version: string;
}

/** One entry of a lockfile, or one installed component. */
export interface LockNode {
  /** Null for what is part of the project itself (a workspace, a linked folder). */
  readonly component: LockComponent | null;
  readonly licenses?: readonly string[];
  /** Keys of the entries that it needs. */
  readonly needs: readonly string[];
  /** What the file itself says; null where it must be found from the roots. */
  readonly dev: boolean | null;
  /** Where the reader knows better than the roots. */
  readonly direct?: boolean | null;
}

/** Keys of the entries that the project asks for. */
export interface LockRoots {
  readonly main: Iterable<string>;
  readonly dev: Iterable<string>;
}

/**
 * Adds the components of one lockfile (or of one installed tree). `dev` is the file's word, else whether an entry is reached from the roots for
 * development only; `direct` is null where the roots are not known. What no root reaches counts as needed.
 */
export function addLockGraph(
  set: ComponentSet,
  nodes: ReadonlyMap<string, LockNode>,
  roots: LockRoots | null,
  fileOf: (key: string) => CatalogFile | undefined,
): void {
  const main = new Set(roots?.main ?? []);
  const dev = new Set(roots?.dev ?? []);
  const reachedMain = reach(nodes, main);
  const reachedDev = reach(nodes, dev);
  for (const [key, node] of nodes) {
    const file = fileOf(key);
    if (node.component === null || file === undefined) continue;
    const dependsOn: string[] = [];
    for (const need of node.needs) {
      const needed = nodes.get(need)?.component?.purl;
      if (needed !== undefined) dependsOn.push(needed);
    }
    const { purl, name, version } = node.component;
    set.add(
      {
        purl,
        name,
        version,
        licenses: node.licenses ?? [],
        direct: node.direct ?? (roots === null || node.direct === null ? null : main.has(key) || dev.has(key)),
        dev: node.dev ?? (reachedDev.has(key) && !reachedMain.has(key)),
        dependsOn,
      },
      file,
    );
  }
}

function reach(nodes: ReadonlyMap<string, LockNode>, from: ReadonlySet<string>): ReadonlySet<string> {
  const seen = new Set(from);
  // A Set hands out what is added while it is iterated: the walk needs no stack and no recursion.
  for (const key of seen) for (const need of nodes.get(key)?.needs ?? []) seen.add(need);
  return seen;
}

/** The problem of a lockfile that is larger than any real one: what was read up to there is reported. */
export function tooManyEntries(file: CatalogFile, what: 'entries' | 'edges' | 'levels', most: number): Problem {
  const message = `has more than ${most} ${what}: the rest was not read; check whether this is a real lockfile`;
  return { code: 'limit-exceeded', where: file.path, message };
}
