import { clip, type Problem } from '../../../../model/problem.ts';
import type { Cataloger, CatalogFile } from '../../../cataloger.ts';
import type { ComponentSet } from '../../component-set.ts';
import { catalogEach } from '../../each-file.ts';
import { own, ownRecord, someOf } from '../../input-shape.ts';
import { addLockGraph } from '../../lock-graph.ts';
import { malformed, readJson } from '../../text-document.ts';
import { readDependencies } from './dependencies.ts';
import type { NpmLock } from './lock.ts';
import { readPackages } from './packages.ts';

const id = 'lang/npm-lock';

/** `package-lock.json` and `npm-shrinkwrap.json`, versions 1 to 3. https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json */
export const npmLock: Cataloger = {
  id,
  about: '`package-lock.json` and `npm-shrinkwrap.json`, versions 1 to 3',
  revision: 1,
  maxFileSizeBytes: 32 * 1024 * 1024,
  wants: ({ name, path }) =>
    (name === 'package-lock.json' || name === 'npm-shrinkwrap.json') && !`/${path}`.includes('/node_modules/'),
  catalog: (view, options) => catalogEach(id, view, options, catalogLock),
};

function catalogLock(file: CatalogFile, set: ComponentSet): readonly Problem[] {
  const document = readJson(file);
  if ('problem' in document) return [document.problem];
  const packages = ownRecord(document.value, 'packages');
  const dependencies = ownRecord(document.value, 'dependencies');
  let lock: NpmLock;
  if (packages !== null) lock = readPackages(packages, file);
  else if (dependencies !== null) lock = readDependencies(dependencies, file);
  else if (typeof own(document.value, 'lockfileVersion') === 'number') return [];
  else return [malformed(file, 'is no lockfile of npm: no "packages", "dependencies" or "lockfileVersion"')];
  addLockGraph(set, lock.nodes, lock.roots, () => file);
  const { invalid, unversioned } = lock;
  return [
    ...lock.problems,
    ...(invalid.length === 0
      ? []
      : [malformed(file, `${invalid.length} entries are no components of npm: ${clip(someOf(invalid))}`)]),
    ...(unversioned.length === 0
      ? []
      : [
          {
            code: 'unsupported' as const,
            where: file.path,
            message: `does not tell the version of ${clip(someOf(unversioned))}: write it again with npm 7 or later (npm install --package-lock-only)`,
          },
        ]),
  ];
}
