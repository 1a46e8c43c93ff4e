import type { CatalogFile, FileView } from '../../../cataloger.ts';
import type { ComponentSet } from '../../component-set.ts';
import { addLockGraph, type LockComponent, type LockNode } from '../../lock-graph.ts';
import type { NpmManifest } from '../../npm-manifest.ts';
import { folderOf, foldersUp } from '../../project-root.ts';

interface Place {
  readonly file: CatalogFile;
  readonly component: LockComponent;
  readonly manifest: NpmManifest;
}

const deepest = 64;

/** The installed components of one view, and which of them a project asks for. */
export class Installed {
  readonly #view: FileView;
  readonly #places = new Map<string, Place>();
  /** Folder of a project → its manifest. */
  readonly #projects = new Map<string, NpmManifest>();

  constructor(view: FileView) {
    this.#view = view;
  }

  add(file: CatalogFile, component: LockComponent, manifest: NpmManifest): void {
    this.#places.set(file.path, { file, component, manifest });
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
    for (const [path, { file, component, manifest }] of this.#places) {
      const direct = main.has(path) || dev.has(path) ? true : this.#inProject(path) ? false : null;
      nodes.set(path, {
        component,
        licenses: manifest.licenses,
        needs: this.#resolveAll(folderOf(path), manifest.needs),
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
      if (up.endsWith('/node_modules/') || up === 'node_modules/') continue;
      if (++steps > deepest) return null;
      const path = `${up}node_modules/${name}/package.json`;
      const found = this.#places.has(path) ? path : this.#view.get(path)?.path;
      if (found !== undefined && this.#places.has(found)) return found;
    }
    return null;
  }
}
