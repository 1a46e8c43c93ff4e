import type { Finding, Match } from '../model/finding.ts';
import type { Component } from '../model/inventory.ts';

/**
 * Puts matches into the context of an artifact: where each component lies and whether it was asked for directly. The order stays.
 * What a policy makes of them comes later: `excepted` is null.
 */
export function findingsOf(
  matches: readonly Match[],
  components: readonly Pick<Component, 'purl' | 'direct' | 'locations'>[],
): Finding[] {
  const byPurl = new Map(components.map((c) => [c.purl, c]));
  return matches.map((found) => {
    const component = byPurl.get(found.component);
    return { ...found, direct: component?.direct ?? null, locations: component?.locations ?? [], excepted: null };
  });
}
