import type { CatalogFile, FileView } from '../../../cataloger.ts';
import type { ComponentSet } from '../../component-set.ts';
import { addLockGraph, type LockComponent, type LockNode } from '../../lock-graph.ts';
import { type NpmManifest, readNpmManifest } from '../../npm-manifest.ts';
import { folderOf, foldersUp } from '../../project-root.ts';

/** Of the manifest only the licences stay in memory; what it needs is read again when the edges are drawn. */
interface Place {
  readonly file: CatalogFile;
  readonly component: LockComponent;
  readonly licenses: readonly string[];
}

const deepest = 64;

/** The installed components of one view, and which of them a project asks for. */
export class Installed {
  readonly #view: FileView;
  readonly #places = new Map<string, Place>();
  /** Folders whose `node_modules` holds a component itself, not only links to some. */
  readonly #hosts = new Set<string>();
  /** Folder of a project → its manifest. */
  readonly #projects = new Map<string, NpmManifest>();

  constructor(view: FileView) {
    this.#view = view;
  }

  add(file: CatalogFile, component: LockComponent, licenses: readonly string[]): void {
    this.#places.set(file.path, { file, component, licenses });
    this.#hosts.add(file.path.slice(0, file.path.lastIndexOf('node_modules/')));
  }

  addProject(file: CatalogFile, manifest: NpmManifest): void {
    this.#projects.set(folderOf(file.path), manifest);
  }

  addTo(set: ComponentSet): void {
    const main = new Set<string>();
    const dev = new Set<string>();
    for (const [folder, manifest] of this.#projects) {
      for (const key of this.#resolveAll(folder, manifest.needs)) main.add(key);
      for (const key of this.#resolveAll(folder, manifest.devNeeds)) dev.add(key);
    }
    const nodes = new Map<string, LockNode>();
    for (const [path, { file, component, licenses }] of this.#places) {
      const direct = main.has(path) || dev.has(path) ? true : this.#inProject(path) ? false : null;
      nodes.set(path, {
        component,
        licenses,
        needs: this.#resolveAll(folderOf(path), readNpmManifest(file).needs),
        // What lies in an image ships with it, whatever it was needed for; a working copy holds tools beside the product.
        dev: file.layer === null ? null : false,
        direct,
      });
    }
    addLockGraph(set, nodes, { main, dev }, (path) => this.#places.get(path)?.file);
  }

  #inProject(path: string): boolean {
    const outermost = path.startsWith('node_modules/') ? 0 : path.indexOf('/node_modules/') + 1;
    return this.#projects.has(path.slice(0, outermost));
  }

  #resolveAll(folder: string, needs: NpmManifest['needs']): string[] {
    return needs.flatMap(([name]) => this.#resolve(folder, name) ?? []);
  }

  /** Where Node finds a name from a folder. https://nodejs.org/api/modules.html#loading-from-node_modules-folders */
  #resolve(folder: string, name: string): string | null {
    let steps = 0;
    for (const up of foldersUp(folder)) {
      if (++steps > deepest) return null;
      // A project's own folder may hold links alone (pnpm); elsewhere what has no component is not asked for links.
      if (!this.#hosts.has(up) && !(up === folder && this.#projects.has(up))) continue;
      const path = `${up}node_modules/${name}/package.json`;
      const found = this.#places.get(path) ?? this.#places.get(this.#view.get(path)?.path ?? '');
      // The path that is kept anyway, not the copy that was just put together.
      if (found !== undefined) return found.file.path;
    }
    return null;
  }
}
