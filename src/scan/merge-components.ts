import type { Component, Location } from '../model/inventory.ts';

/**
 * Components sorted by purl, each purl once, with the locations of all its appearances. It is direct where one file says so, and
 * transitive where at least one tells; for development only where all say so.
 */
export function mergeComponents(components: Iterable<Component>): Component[] {
  const byPurl = new Map<string, { merged: Component; readonly locations: Map<string, Location> }>();
  for (const component of components) {
    const seen = byPurl.get(component.purl);
    const locations = seen?.locations ?? new Map<string, Location>();
    for (const location of component.locations) locations.set(location.path, location);
    if (seen === undefined) byPurl.set(component.purl, { merged: component, locations });
    else {
      const direct =
        seen.merged.direct === true || component.direct === true ? true : (seen.merged.direct ?? component.direct);
      seen.merged = { ...seen.merged, direct, dev: seen.merged.dev && component.dev };
    }
  }
  return [...byPurl.values()]
    .map(({ merged, locations }) => ({
      ...merged,
      locations: [...locations.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
    }))
    .sort((a, b) => (a.purl < b.purl ? -1 : 1));
}
