import type { Problem } from '../../../../model/problem.ts';
import type { LockNode } from '../../lock-graph.ts';

/** What one `yarn.lock` says, whichever yarn wrote it. */
export interface YarnLock {
  /** Key: the first descriptor of the entry. */
  readonly nodes: ReadonlyMap<string, LockNode>;
  /** Descriptor (`ms@^2.0.0`, `ms@npm:^2.0.0`) → key of its entry. */
  readonly byDescriptor: ReadonlyMap<string, string>;
  /** Keys that the workspaces need, in production or development alike; null where the file does not tell. */
  readonly asked: readonly string[] | null;
  readonly problems: readonly Problem[];
  readonly invalid: readonly string[];
}

/** The entry for a name and what is asked for of it; yarn 2 and later write `npm:` before a plain range, not in all places. */
export function entryFor(byDescriptor: ReadonlyMap<string, string>, name: string, wanted: string): string | null {
  return byDescriptor.get(`${name}@${wanted}`) ?? byDescriptor.get(`${name}@npm:${wanted}`) ?? null;
}
