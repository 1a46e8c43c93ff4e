import type { Problem } from '../../../../model/problem.ts';
import type { LockNode, LockRoots } from '../../lock-graph.ts';

/** What one lockfile of npm says, whatever its version. */
export interface NpmLock {
  readonly nodes: ReadonlyMap<string, LockNode>;
  /** Null where the file does not tell what the project asks for (version 1). */
  readonly roots: LockRoots | null;
  readonly problems: readonly Problem[];
  /** Names of entries whose name or version npm would not take. */
  readonly invalid: readonly string[];
  /** Names of entries that come from a folder, archive or repository and have no version. */
  readonly unversioned: readonly string[];
}

/** Deepest nesting of `node_modules` that is followed. */
export const deepestNesting = 64;
