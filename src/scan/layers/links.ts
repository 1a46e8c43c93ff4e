import { maxLinkHops } from '../limits.ts';

/** Paths remembered before the memory is given back. */
const mostFolders = 100_000;

/** Resolves paths through symbolic links inside the virtual root: `..` stops at the root, absolute targets start there. */
export class Links {
  readonly #links: ReadonlyMap<string, string>;
  readonly #folders = new Map<string, string>();

  /** `links`: path of each symbolic link → its target as written. */
  constructor(links: ReadonlyMap<string, string>) {
    this.#links = links;
  }

  /** The path without links on the way or at its end. In a loop the path stays as it is. Need not exist. */
  resolve(path: string): string {
    const slash = path.lastIndexOf('/');
    const name = path.slice(slash + 1);
    if (name === '' || name === '.' || name === '..') return this.#walk(path);
    const folder = slash < 0 ? '' : this.#folder(path.slice(0, slash));
    const full = folder === '' ? name : `${folder}/${name}`;
    return this.#links.has(full) ? this.#walk(full) : full;
  }

  #folder(path: string): string {
    const known = this.#folders.get(path);
    if (known !== undefined) return known;
    const resolved = this.#walk(path);
    if (this.#folders.size >= mostFolders) this.#folders.clear();
    this.#folders.set(path, resolved);
    return resolved;
  }

  #walk(path: string): string {
    let hops = 0;
    let current = '';
    // The part that comes next is last.
    const todo = path.split('/').reverse();
    for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
      if (part === '' || part === '.') continue;
      if (part === '..') {
        current = current.slice(0, Math.max(0, current.lastIndexOf('/')));
        continue;
      }
      const next = current === '' ? part : `${current}/${part}`;
      const target = this.#links.get(next);
      if (target === undefined) {
        current = next;
        continue;
      }
      if (++hops > maxLinkHops) return path;
      if (target.startsWith('/')) current = '';
      todo.push(...target.split('/').reverse());
    }
    return current;
  }
}
