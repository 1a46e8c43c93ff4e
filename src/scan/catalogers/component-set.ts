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

interface Entry {
  readonly name: string;
  readonly version: string;
  direct: boolean | null;
  dev: boolean;
  readonly locations: Map<string, CatalogFile>;
  readonly licenses: Set<string>;
  readonly dependsOn: Set<string>;
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
      entry = { name, version, direct, dev, locations: new Map(), licenses: new Set(), dependsOn: new Set() };
      this.#entries.set(seen.purl, entry);
    }
    if (entry.direct !== true) entry.direct = seen.direct ?? entry.direct;
    entry.dev &&= seen.dev;
    entry.locations.set(file.path, file);
    for (const license of seen.licenses ?? []) entry.licenses.add(license);
    for (const purl of seen.dependsOn ?? []) if (purl !== seen.purl) entry.dependsOn.add(purl);
  }

  /** Sorted by purl; every list inside is sorted too. */
  list(): Component[] {
    return [...this.#entries]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([purl, entry]) => ({
        purl,
        name: entry.name,
        version: entry.version,
        foundBy: this.#foundBy,
        locations: [...entry.locations.values()]
          .map(({ path, layer }) => ({ path, layer }))
          .sort((a, b) => (a.path < b.path ? -1 : 1)),
        direct: entry.direct,
        dev: entry.dev,
        licenses: [...entry.licenses].sort(),
        dependsOn: [...entry.dependsOn].sort(),
      }));
  }
}
