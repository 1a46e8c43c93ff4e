import type { Digest } from '../../model/inventory.ts';
import type { CatalogFile, FileView } from '../cataloger.ts';
import type { Links } from './links.ts';
import type { Squashed } from './squash.ts';

/** The view of the cataloger at position `at`; `diffIds` by layer, null outside images. */
export function viewOf(squashed: Squashed, at: number, diffIds: readonly (Digest | null)[]): FileView {
  const files: CatalogFile[] = [];
  for (const { keep, layer } of squashed.files.values()) {
    const bytes = keep.bytes.get(at);
    if (bytes !== undefined) files.push({ ...keep.stat, layer: diffIds[layer] ?? null, bytes });
  }
  files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
  return new View(files, squashed.links);
}

class View implements FileView {
  readonly files: readonly CatalogFile[];
  readonly #byPath: ReadonlyMap<string, CatalogFile>;
  readonly #links: Links;

  constructor(files: readonly CatalogFile[], links: Links) {
    this.files = files;
    this.#byPath = new Map(files.map((file) => [file.path, file]));
    this.#links = links;
  }

  get(path: string): CatalogFile | null {
    return this.#byPath.get(path) ?? this.#byPath.get(this.#links.resolve(path)) ?? null;
  }

  resolve(path: string): string {
    return this.#links.resolve(path);
  }
}
