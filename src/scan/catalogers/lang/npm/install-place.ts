const folder = 'node_modules/';
const file = '/package.json';

/** Folders of a component that hold samples, not what it runs. */
const sampleFolders: ReadonlySet<string> = new Set([
  'test',
  'tests',
  '__tests__',
  'fixture',
  'fixtures',
  '__fixtures__',
  'testdata',
  'spec',
  'example',
  'examples',
  'sample',
  'samples',
  'mock',
  'mocks',
  '__mocks__',
  'bench',
  'benchmark',
  'benchmarks',
]);

/**
 * Whether a path is the `package.json` of an installed component: directly below `node_modules/<name>/`, nested or in
 * the store of pnpm, bun or yarn. `component`: a chain that a package manager writes. `perhaps`: a `node_modules` deeper
 * inside a component (something bundled). Null: neither, or a sample that a component brings for its tests.
 */
export function installPlace(path: string): 'component' | 'perhaps' | null {
  if (!path.endsWith(file)) return null;
  const last = path.lastIndexOf(folder);
  if (last < 0 || (last > 0 && path[last - 1] !== '/')) return null;
  if (!isInstallFolder(path.slice(last + folder.length, -file.length))) return null;
  return chainBefore(path.slice(0, last));
}

/** `name`, `@scope/name`, or yarn's `.store/<id>/package`. */
function isInstallFolder(rest: string): boolean {
  const parts = rest.split('/');
  if (parts[0]?.startsWith('.')) return parts.length === 3 && parts[0] === '.store' && parts[2] === 'package';
  return parts[0] !== '' && parts.length === (parts[0]?.startsWith('@') ? 2 : 1);
}

function chainBefore(before: string): 'component' | 'perhaps' | null {
  const parts = before.split('/').filter((part) => part !== '');
  let at = parts.indexOf('node_modules');
  let place: 'component' | 'perhaps' = 'component';
  while (at >= 0) {
    const next = parts.indexOf('node_modules', at + 1);
    const end = next < 0 ? parts.length : next;
    const store = parts[at + 1]?.startsWith('.') ?? false;
    const named = parts[at + 1]?.startsWith('@') ? 2 : 1;
    if (!store && end > at + 1 + named) {
      for (let i = at + 1 + named; i < end; i++) if (sampleFolders.has(parts[i] ?? '')) return null;
      place = 'perhaps';
    }
    at = next;
  }
  return place;
}
