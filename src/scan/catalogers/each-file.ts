import type { Problem } from '../../model/problem.ts';
import type { CatalogFile, CatalogOptions, Catalogued, FileView } from '../cataloger.ts';
import { ComponentSet } from './component-set.ts';

/**
 * Catalogs files that each stand for themselves: `read` adds what one of them names to the set, and gives back what is wrong
 * with it. `id` is the cataloger's.
 */
export function catalogEach(
  id: string,
  view: FileView,
  { signal }: CatalogOptions,
  read: (file: CatalogFile, set: ComponentSet) => readonly Problem[],
): Catalogued {
  const set = new ComponentSet(id);
  const problems: Problem[] = [];
  for (const file of view.files) {
    signal.throwIfAborted();
    problems.push(...read(file, set));
  }
  return { components: set.list(), problems };
}
