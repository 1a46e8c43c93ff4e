import type { Component, Coverage, Location } from '../model/inventory.ts';
import type { Cataloger, Catalogued, FileView } from './cataloger.ts';

/** What one cataloger found, and in what. */
export interface Found {
  readonly cataloger: Cataloger;
  readonly view: FileView;
  readonly catalogued: Catalogued;
}

/**
 * Joins what the catalogers found: components that another cataloger's operating-system packages own are left out, so are
 * those for development unless `includeDev`; each purl is there once. Sorted by purl.
 */
export function combine(
  found: readonly Found[],
  includeDev: boolean,
): { components: Component[]; coverage: Coverage[] } {
  const owned = found.map(({ catalogued }) =>
    catalogued.ownedPaths === undefined ? null : new Set(catalogued.ownedPaths),
  );
  const byPurl = new Map<string, Component[]>();
  const coverage: Coverage[] = [];
  for (const [at, { cataloger, view, catalogued }] of found.entries()) {
    const others = owned.filter((set, i) => i !== at && set !== null && set.size > 0);
    const isOwned = (location: Location): boolean => {
      if (others.length === 0) return false;
      const path = view.resolve(location.path);
      return others.some((set) => set?.has(path) === true);
    };
    const counted = new Set<string>();
    for (const component of catalogued.components) {
      if (component.dev && !includeDev) continue;
      if (component.locations.length > 0 && component.locations.every(isOwned)) continue;
      counted.add(component.purl);
      const same = byPurl.get(component.purl);
      if (same === undefined) byPurl.set(component.purl, [component]);
      else same.push(component);
    }
    coverage.push({
      cataloger: cataloger.id,
      revision: cataloger.revision,
      files: view.files.length,
      components: counted.size,
    });
  }
  const components = [...byPurl.values()].map((same) => merge(same, byPurl));
  return {
    components: components.sort((a, b) => compare(a.purl, b.purl)),
    coverage: coverage.sort((a, b) => compare(a.cataloger, b.cataloger)),
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
