import type { Problem } from '../../../../model/problem.ts';
import type { CatalogFile } from '../../../cataloger.ts';
import { type LockNode, type LockRoots, maxLockEdges, maxLockEntries, tooManyEntries } from '../../lock-graph.ts';
import { npmComponent } from '../../npm-component.ts';
import { nameAndVersion, refKeys, withoutPeers } from './key.ts';

type Yaml = ReadonlyMap<unknown, unknown>;

interface PnpmLock {
  readonly nodes: ReadonlyMap<string, LockNode>;
  readonly roots: LockRoots;
  readonly problems: readonly Problem[];
  readonly invalid: readonly string[];
}

const nothing: Yaml = new Map();
const mainSections = ['dependencies', 'optionalDependencies'];
const toolSections = ['devDependencies', 'configDependencies', 'packageManagerDependencies'];

/** One document of a `pnpm-lock.yaml`: `packages` with edges up to version 6, `packages` and `snapshots` in version 9. */
export function readPnpm(document: Yaml, file: CatalogFile): PnpmLock {
  const problems: Problem[] = [];
  const invalid: string[] = [];
  const packages = mapAt(document, 'packages');
  const snapshots = document.has('snapshots') ? mapAt(document, 'snapshots') : packages;
  const nodes = new Map<string, LockNode>();
  let edges = 0;

  const resolve = (name: unknown, ref: unknown): string[] => {
    const text = ref instanceof Map ? ref.get('version') : ref;
    if (typeof name !== 'string' || typeof text !== 'string' || ++edges > maxLockEdges) return [];
    const key = refKeys(name, text).find((candidate) => snapshots.has(candidate));
    return key === undefined ? [] : [key];
  };
  const resolveAll = (from: Yaml, sections: readonly string[]): string[] =>
    sections.flatMap((section) => [...mapAt(from, section)].flatMap(([name, ref]) => resolve(name, ref)));

  for (const [key, snapshot] of snapshots) {
    if (nodes.size >= maxLockEntries) {
      problems.push(tooManyEntries(file, 'entries', maxLockEntries));
      break;
    }
    if (typeof key !== 'string') continue;
    const entry = snapshot instanceof Map ? snapshot : nothing;
    const facts = snapshots === packages ? entry : mapAt(packages, withoutPeers(key));
    const fromKey = nameAndVersion(key);
    const name = textAt(facts, 'name') ?? fromKey?.name ?? '';
    const version = textAt(facts, 'version') ?? fromKey?.version ?? '';
    const folder = mapAt(facts, 'resolution').get('type') === 'directory';
    const component = folder ? null : npmComponent(name, version);
    if (!folder && component === null) invalid.push(key);
    else {
      const dev = textAt(entry, 'dev');
      nodes.set(key, { component, needs: resolveAll(entry, mainSections), dev: dev === null ? null : dev === 'true' });
    }
  }
  const importers = document.has('importers') ? [...mapAt(document, 'importers').values()] : [document];
  const roots = { main: new Set<string>(), dev: new Set<string>() };
  for (const importer of importers) {
    if (!(importer instanceof Map)) continue;
    for (const key of resolveAll(importer, mainSections)) roots.main.add(key);
    for (const key of resolveAll(importer, toolSections)) roots.dev.add(key);
  }
  if (edges > maxLockEdges) problems.push(tooManyEntries(file, 'edges', maxLockEdges));
  return { nodes, roots, problems, invalid };
}

function mapAt(from: Yaml, key: string): Yaml {
  const value = from.get(key);
  return value instanceof Map ? value : nothing;
}

function textAt(from: Yaml, key: string): string | null {
  const value = from.get(key);
  return typeof value === 'string' ? value : null;
}
