import { clip, type Problem } from '../../../../model/problem.ts';
import type { Cataloger, CatalogFile } from '../../../cataloger.ts';
import type { ComponentSet } from '../../component-set.ts';
import { catalogEach } from '../../each-file.ts';
import { someOf } from '../../input-shape.ts';
import { addLockGraph } from '../../lock-graph.ts';
import { malformed, readYaml } from '../../text-document.ts';
import { readPnpm } from './lock.ts';

const id = 'lang/pnpm-lock';

/** `pnpm-lock.yaml`, lockfile versions 5 to 9 (pnpm 3 to 11). https://github.com/pnpm/spec/tree/master/lockfile */
export const pnpmLock: Cataloger = {
  id,
  about: '`pnpm-lock.yaml`, lockfile versions 5 to 9',
  revision: 1,
  maxFileSizeBytes: 32 * 1024 * 1024,
  wants: ({ name, path }) => name === 'pnpm-lock.yaml' && !`/${path}`.includes('/node_modules/'),
  catalog: (view, options) => catalogEach(id, view, options, catalogLock),
};

function catalogLock(file: CatalogFile, set: ComponentSet): readonly Problem[] {
  const documents = readYaml(file);
  if ('problem' in documents) return [documents.problem];
  const problems: Problem[] = [];
  // pnpm 11 writes the tools of the project (itself, configuration) as a document of their own before the project's.
  for (const document of documents.value) {
    const major = Number.parseInt(String(document.get('lockfileVersion')), 10);
    if (!(major >= 5 && major <= 9)) {
      const message =
        'has no lockfileVersion from 5 to 9: write it again with pnpm 3 to 11 (pnpm install --lockfile-only)';
      problems.push({ code: 'unsupported', where: file.path, message });
      continue;
    }
    const lock = readPnpm(document, file);
    addLockGraph(set, lock.nodes, lock.roots, () => file);
    problems.push(...lock.problems);
    if (lock.invalid.length > 0) {
      problems.push(
        malformed(file, `${lock.invalid.length} entries are no components of npm: ${clip(someOf(lock.invalid))}`),
      );
    }
  }
  return problems;
}
