/** Whether a path is left out of a scan. */
export type Skip = (path: string) => boolean;

/**
 * A test for paths from the globs of `--skip-dirs` and `--skip-files`: `*` and `?` stay within a part, `**` stands for any
 * number of parts. Both are relative to the root; a leading slash or `./` is ignored. Null where there are no globs.
 */
export function skipper(dirs: readonly string[], files: readonly string[]): Skip | null {
  const dirGlobs = dirs.map(partsOf);
  const fileGlobs = files.map(partsOf);
  if (dirGlobs.length === 0 && fileGlobs.length === 0) return null;
  const folders = new Map<string, boolean>();
  const inside = (folder: string): boolean => {
    const known = folders.get(folder);
    if (known !== undefined) return known;
    const parts = folder.split('/');
    const is = parts.some((_, at) => dirGlobs.some((glob) => fits(glob, parts.slice(0, at + 1))));
    if (folders.size >= 100_000) folders.clear();
    folders.set(folder, is);
    return is;
  };
  return (path) => {
    const slash = path.lastIndexOf('/');
    if (slash > 0 && dirGlobs.length > 0 && inside(path.slice(0, slash))) return true;
    return fileGlobs.length > 0 && fileGlobs.some((glob) => fits(glob, path.split('/')));
  };
}

function partsOf(glob: string): string[] {
  return glob.split('/').filter((part) => part !== '' && part !== '.');
}

/** Greedy with one place to go back to: time is bounded by the product of the lengths. */
function fits(glob: readonly string[], parts: readonly string[]): boolean {
  return matches(
    glob.length,
    parts.length,
    (g) => glob[g] === '**',
    (g, p) => partFits(glob[g] ?? '', parts[p] ?? ''),
  );
}

function partFits(glob: string, part: string): boolean {
  return matches(
    glob.length,
    part.length,
    (g) => glob[g] === '*',
    (g, p) => glob[g] === '?' || glob[g] === part[p],
  );
}

function matches(
  globs: number,
  items: number,
  isStar: (g: number) => boolean,
  isMatch: (g: number, p: number) => boolean,
): boolean {
  let [g, p, star, mark] = [0, 0, -1, 0];
  while (p < items) {
    if (g < globs && isStar(g)) {
      star = g++;
      mark = p;
    } else if (g < globs && isMatch(g, p)) {
      g++;
      p++;
    } else if (star >= 0) {
      g = star + 1;
      p = ++mark;
    } else {
      return false;
    }
  }
  while (g < globs && isStar(g)) g++;
  return g === globs;
}
