import type { FileStat, FileView } from '../cataloger.ts';
import { folderOf } from './project-root.ts';
import { normalizedPythonName } from './python-component.ts';

/** Whether a file marks an installed distribution: its path alone tells the name, no byte of it is needed. */
export function marksInstalled({ name, path }: FileStat): boolean {
  if (name === 'METADATA') return path.endsWith('.dist-info/METADATA');
  return name === 'PKG-INFO' ? path.endsWith('.egg-info/PKG-INFO') : name.endsWith('.egg-info');
}

/** Normalized names of the distributions that are installed anywhere in the view. */
export function installedNames(view: FileView): ReadonlySet<string> {
  const names = new Set<string>();
  for (const file of view.files) {
    if (!marksInstalled(file)) continue;
    const folder = file.name.endsWith('.egg-info') ? file.name : folderOf(file.path).slice(0, -1);
    const base = folder.slice(folder.lastIndexOf('/') + 1);
    // `Foo_Bar-1.0.dist-info`: the name itself holds no hyphen there.
    const end = base.indexOf('-');
    names.add(normalizedPythonName(end < 0 ? base.slice(0, base.lastIndexOf('.')) : base.slice(0, end)));
  }
  return names;
}

/** Whether a path lies in a folder that a package manager fills. */
export function insideInstalled(path: string): boolean {
  const rooted = `/${path}`;
  return rooted.includes('/site-packages/') || rooted.includes('/dist-packages/') || rooted.includes('/node_modules/');
}
