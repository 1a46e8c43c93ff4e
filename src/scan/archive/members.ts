import { Links } from '../layers/links.ts';
import { normalPath, type TarEntry } from '../layers/tar-entries.ts';

/** The names of an archive's members, with links among them followed (skopeo and buildah save each layer under two names). */
export class MemberNames {
  readonly #names = new Set<string>();
  readonly #symlinks = new Map<string, string>();
  #links: Links | null = null;

  add(entry: TarEntry): void {
    this.#links = null;
    // A later member of the same name replaces an earlier one.
    this.#symlinks.delete(entry.path);
    this.#names.delete(entry.path);
    if (entry.kind === 'symlink') this.#symlinks.set(entry.path, entry.link);
    else if (entry.kind === 'hardlink') this.#symlinks.set(entry.path, `/${normalPath(entry.link) ?? ''}`);
    else if (entry.kind === 'file' && !entry.sparse) this.#names.add(entry.path);
  }

  find(name: string): string | null {
    this.#links ??= new Links(this.#symlinks);
    const resolved = this.#links.resolve(name);
    return this.#names.has(resolved) ? resolved : null;
  }
}
