import type { Finding, Match } from '../model/finding.ts';
import type { Inventory } from '../model/inventory.ts';

/** Puts matches into the context of the artifact in which their components lie. Sorted by component, then id. */
export function findingsOf(inventory: Inventory, matches: readonly Match[]): Finding[] {
  const components = new Map(inventory.components.map((component) => [component.purl, component]));
  const findings = matches.map((match): Finding => {
    const component = components.get(match.component);
    return { ...match, direct: component?.direct ?? null, locations: component?.locations ?? [], excepted: null };
  });
  const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return findings.sort((a, b) => order(a.component, b.component) || order(a.id, b.id));
}
