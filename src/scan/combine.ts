import type { Component, Coverage, Digest } from '../model/inventory.ts';
import type { Problem } from '../model/problem.ts';
import type { Cataloger, Catalogued, FileView } from './cataloger.ts';

/** What one cataloger found, and in what. */
export interface Found {
  readonly cataloger: Cataloger;
  readonly view: FileView;
  readonly catalogued: Catalogued;
}

/** Tells what belongs to packages of the operating system, as the databases say that were read. */
class Ownership {
  readonly #sets: readonly { readonly paths: ReadonlySet<string>; readonly height: number; readonly by: Found }[];
  readonly #heights: ReadonlyMap<string, number>;

  constructor(found: readonly Found[], layers: readonly Digest[]) {
    this.#heights = new Map(layers.map((layer, at) => [layer, at]));
    this.#sets = found.flatMap((by) => {
      const paths = new Set(by.catalogued.ownedPaths ?? []);
      const height = Math.max(-1, ...by.view.files.map(({ layer }) => this.#heightOf(layer)));
      return paths.size === 0 ? [] : [{ paths, height, by }];
    });
  }

  #heightOf(layer: Digest | null): number {
    return layer === null ? 0 : (this.#heights.get(layer) ?? 0);
  }

  /**
   * Whether a place that `by` found belongs to a package that another cataloger found. A file that a layer above the package
   * database brought is not the package's any more, whatever its path: somebody put another one there.
   */
  has(by: Found, path: string, layer: Digest | null): boolean {
    if (this.#sets.length === 0) return false;
    const resolved = by.view.resolve(path);
    return this.#sets.some((set) => set.by !== by && set.paths.has(resolved) && this.#heightOf(layer) <= set.height);
  }
}

/** What all catalogers found together. */
export interface Combined {
  readonly components: readonly Component[];
  readonly coverage: readonly Coverage[];
  readonly problems: readonly Problem[];
}

/**
 * Joins what the catalogers found: components that packages of the operating system own are left out, and problems with such
 * files; so are components for development unless `includeDev`; each purl is there once. Sorted by purl. `layers`: diffIds, lowest first.
 */
export function combine(found: readonly Found[], includeDev: boolean, layers: readonly Digest[]): Combined {
  const owned = new Ownership(found, layers);
  const byPurl = new Map<string, Component[]>();
  const coverage: Coverage[] = [];
  const problems: Problem[] = [];
  for (const by of found) {
    const { cataloger, view, catalogued } = by;
    const counted = new Set<string>();
    for (const component of catalogued.components) {
      if (component.dev && !includeDev) continue;
      const { locations } = component;
      if (locations.length > 0 && locations.every(({ path, layer }) => owned.has(by, path, layer))) continue;
      counted.add(component.purl);
      const same = byPurl.get(component.purl);
      if (same === undefined) byPurl.set(component.purl, [component]);
      else same.push(component);
    }
    for (const problem of catalogued.problems) {
      const file = view.get(problem.where);
      if (file === null || !owned.has(by, problem.where, file.layer)) problems.push(problem);
    }
    const { id, revision } = cataloger;
    coverage.push({ cataloger: id, revision, files: view.files.length, components: counted.size });
  }
  const components = [...byPurl.values()].map((same) => merge(same, byPurl));
  return {
    components: components.sort((a, b) => compare(a.purl, b.purl)),
    coverage: coverage.sort((a, b) => compare(a.cataloger, b.cataloger)),
    problems,
  };
}

/** One component of all that have the same purl. Needs that are not in the inventory (left out above) are not named. */
function merge(same: readonly Component[], known: ReadonlyMap<string, unknown>): Component {
  const [first, ...rest] = [...same].sort((a, b) => compare(a.foundBy, b.foundBy));
  if (first === undefined) throw new TypeError('merge of nothing');
  const direct = same.map((component) => component.direct);
  const locations = new Map(same.flatMap((c) => c.locations).map((l) => [`${l.path}\0${l.layer ?? ''}`, l]));
  return {
    purl: first.purl,
    name: first.name,
    version: first.version,
    foundBy: first.foundBy,
    locations: [...locations].sort(([a], [b]) => compare(a, b)).map(([, { path, layer }]) => ({ path, layer })),
    direct: direct.includes(true) ? true : direct.includes(false) ? false : null,
    dev: same.every((component) => component.dev),
    licenses: rest.length === 0 ? first.licenses : sorted(same.flatMap((c) => c.licenses)),
    dependsOn: sorted(same.flatMap((c) => c.dependsOn)).filter((purl) => known.has(purl)),
  };
}

function sorted(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort(compare);
}

/** By UTF-16 code units: the same on every machine. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
