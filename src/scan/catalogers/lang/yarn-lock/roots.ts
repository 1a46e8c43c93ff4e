import type { LockRoots } from '../../lock-graph.ts';
import type { NpmManifest } from '../../npm-manifest.ts';
import { entryFor, type YarnLock } from './lock.ts';

/**
 * What the project asks for, from its manifests. Where a workspace's manifest was not seen, what the lockfile says it
 * needs counts as needed in production. Null where neither is known.
 */
export function rootsOf(lock: YarnLock, manifests: readonly NpmManifest[]): LockRoots | null {
  const keysOf = (needs: NpmManifest['needs']): string[] =>
    needs.flatMap(([name, wanted]) => entryFor(lock.byDescriptor, name, wanted) ?? []);
  const main = new Set(manifests.flatMap((manifest) => keysOf(manifest.needs)));
  const dev = new Set(manifests.flatMap((manifest) => keysOf(manifest.devNeeds)));
  if (lock.asked === null) return manifests.length === 0 ? null : { main, dev };
  for (const key of lock.asked) if (!main.has(key) && !dev.has(key)) main.add(key);
  return { main, dev };
}
