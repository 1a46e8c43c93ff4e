/** Folders whose content is installed, cached or documentation: a manifest there is nobody's project. */
const notProjects = [
  '/node_modules/',
  '/site-packages/',
  '/dist-packages/',
  '/usr/share/',
  '/usr/lib/',
  '/usr/local/lib/',
  '/usr/local/share/',
  '/go/pkg/mod/',
  '/vendor/',
  '/gems/',
  '/.cargo/registry/',
  '/.cache/',
  '/.npm/',
  '/.pnpm-store/',
  '/.yarn/',
  '/.m2/',
  '/.pyenv/',
  '/.nvm/',
  '/.git/',
  '/test/',
  '/tests/',
  '/testdata/',
  '/__tests__/',
  '/fixtures/',
  '/__fixtures__/',
  '/examples/',
  '/example/',
  '/templates/',
  '/third_party/',
  '/vendored/',
  '/share/doc/',
  '/demos/',
  '/samples/',
  '/testing/',
  '/docs/',
];

/** Whether a manifest at this path may be that of a project somebody builds or runs, and not a part, a sample or a template of another. */
export function looksLikeProjectRoot(path: string): boolean {
  const rooted = `/${path}`;
  return !notProjects.some((folder) => rooted.includes(folder));
}

/** Folder of a path, with a slash at its end; empty at the top. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1);
}

/** The folder itself and those above it, nearest first, each as `folderOf` writes it. */
export function* foldersUp(folder: string): Iterable<string> {
  let at = folder;
  for (;;) {
    yield at;
    if (at === '') return;
    at = folderOf(at.slice(0, -1));
  }
}
