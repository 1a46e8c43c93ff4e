import type { Instant } from '../../ledger/instant.ts';
import type { Digest } from '../../model/inventory.ts';
import { type HeldInventory, heldInventory } from '../shapes/documents.ts';
import type { Ground, Placed } from './ground.ts';

/** What an artifact was known to contain at a moment. */
export interface Contents {
  readonly name: string;
  /** The entry that says so. */
  readonly recorded: Placed<'artifact-recorded'>;
  readonly inventory: HeldInventory;
  /** Since when it was known without a gap to have a component. */
  readonly components: ReadonlyMap<string, Instant>;
  /** All components that it was ever thought to have. */
  readonly ever: ReadonlySet<string>;
}

/** Contents of artifacts as known at a moment; one that was not recorded is not in it. */
export async function contentsOf(
  ground: Ground,
  artifacts: ReadonlySet<Digest>,
  asOf: Instant,
): Promise<Map<Digest, Contents>> {
  const found = new Map<Digest, Contents>();
  for (const recorded of ground.of('artifact-recorded', asOf)) {
    const { index, at, fact } = recorded;
    const { digest, name } = fact.artifact;
    if (!artifacts.has(digest)) continue;
    const before = found.get(digest);
    const inventory = await ground.document(fact.inventory, index, heldInventory);
    const components = new Map(inventory.components.map((c) => [c.purl, before?.components.get(c.purl) ?? at]));
    found.set(digest, {
      // The ledger keeps the name under which it met an artifact first.
      name: before?.name ?? name,
      recorded,
      inventory,
      components,
      ever: new Set([...(before?.ever ?? []), ...components.keys()]),
    });
  }
  return found;
}
