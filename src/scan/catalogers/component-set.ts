import type { Component } from '../../model/inventory.ts';
import type { CatalogFile } from '../cataloger.ts';

/** What one file says of one component. */
export interface Sighting {
  readonly purl: string;
  readonly name: string;
  readonly version: string;
  readonly direct: boolean | null;
  readonly dev: boolean;
  readonly licenses?: readonly string[];
  readonly dependsOn?: Iterable<string>;
}

/** Lists may hold repeats until they are handed out: most purls are seen once, and a Set for each costs more than it saves. */
interface Entry {
  readonly name: string;
  readonly version: string;
  direct: boolean | null;
  dev: boolean;
  readonly files: CatalogFile[];
  readonly licenses: string[];
  readonly dependsOn: string[];
}

/** Gathers the sightings of one cataloger: one component per purl, however many files and places name it. */
export class ComponentSet {
  readonly #foundBy: string;
  readonly #entries = new Map<string, Entry>();

  constructor(foundBy: string) {
    this.#foundBy = foundBy;
  }

  /** Joins: direct where one place asks for it, needed in production where one place needs it there. */
  add(seen: Sighting, file: CatalogFile): void {
    let entry = this.#entries.get(seen.purl);
    if (entry === undefined) {
      const { name, version, direct, dev } = seen;
      entry = { name, version, direct, dev, files: [], licenses: [], dependsOn: [] };
      this.#entries.set(seen.purl, entry);
    }
    if (entry.direct !== true) entry.direct = seen.direct ?? entry.direct;
    entry.dev &&= seen.dev;
    if (entry.files.at(-1) !== file) entry.files.push(file);
    for (const license of seen.licenses ?? []) entry.licenses.push(license);
    for (const purl of seen.dependsOn ?? []) if (purl !== seen.purl) entry.dependsOn.push(purl);
  }

  /** Sorted by purl; every list inside is sorted too. */
  list(): Component[] {
    const purls = [...this.#entries.keys()].sort();
    return purls.flatMap((purl) => {
      const entry = this.#entries.get(purl);
      return entry === undefined ? [] : [this.#component(purl, entry)];
    });
  }

  #component(purl: string, entry: Entry): Component {
    const layers = new Map(entry.files.map(({ path, layer }) => [path, layer]));
    return {
      purl,
      name: entry.name,
      version: entry.version,
      foundBy: this.#foundBy,
      locations: sortedOnce([...layers.keys()]).map((path) => ({ path, layer: layers.get(path) ?? null })),
      direct: entry.direct,
      dev: entry.dev,
      licenses: sortedOnce(entry.licenses),
      dependsOn: sortedOnce(entry.dependsOn),
    };
  }
}

function sortedOnce(texts: string[]): string[] {
  return texts.length < 2 ? texts : [...new Set(texts)].sort();
}
