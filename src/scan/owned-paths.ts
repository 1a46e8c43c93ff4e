/** Names of files that catalogers of languages read: manifests of installed components and lock files. */
const names: ReadonlySet<string> = new Set([
  'METADATA',
  'PKG-INFO',
  'package.json',
  'package-lock.json',
  'npm-shrinkwrap.json',
  'yarn.lock',
  'pnpm-lock.yaml',
  'requirements.txt',
  'poetry.lock',
  'Pipfile.lock',
  'uv.lock',
  'pdm.lock',
  'go.mod',
  'go.sum',
  'Cargo.lock',
  'Gemfile.lock',
  'composer.lock',
  'installed.json',
  'packages.lock.json',
  'pom.xml',
  'gradle.lockfile',
]);

const endings = ['.egg-info', '.jar', '.war', '.ear', '.gemspec', '.exe', '.dll', '.deps.json'] as const;

const binFolders = ['bin/', 'sbin/'] as const;

/** Folders that hold nothing that runs and tens of thousands of names without an extension. */
const barren = [
  'usr/share/doc/',
  'usr/share/man/',
  'usr/share/locale/',
  'usr/share/zoneinfo/',
  'usr/share/icons/',
  'usr/share/lintian/',
  'etc/',
] as const;

/**
 * Whether a path of an operating-system package may be read by another cataloger as well: a manifest, a lock file, an archive
 * of code, or what may be an executable (in a `bin` folder, or without an extension). Of all other paths nobody asks
 * who owns them, so they are not kept. `path` has no leading slash.
 */
export function mayBeReadByOthers(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (names.has(name)) return true;
  if (name.includes('.')) {
    if (endings.some((ending) => name.endsWith(ending))) return true;
    return binFolders.some((folder) => path.startsWith(folder) || path.includes(`/${folder}`));
  }
  return name !== '' && !barren.some((folder) => path.startsWith(folder));
}
