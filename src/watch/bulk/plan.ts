import {
  componentCounts,
  componentsNamed,
  componentsPerName,
  componentsWith,
  type NameState,
  nameStates,
  type Source,
  vulnerabilityStates,
} from '../../ledger/queries/changed-components.ts';
import type { AdvisoryStore } from '../../model/advisory.ts';
import { factsFingerprint, keyText, lookupKey, nameFingerprint } from '../lookup-key.ts';
import { Reach } from '../reach.ts';
import type { Standing } from '../standing.ts';

/** How large the pieces of a pass are. */
export interface PartSize {
  /** Components of one part, unless one name has more. */
  readonly components: number;
  /** What one entry of a part opens and closes, or some more: somebody who records waits until that is written. */
  readonly changes: number;
  /** What the only entry of a pass may open and close. */
  readonly changesAlone: number;
}

/** A second of writing, and memory for what is worked out until then. */
export const usualSize: PartSize = { components: 2_000, changes: 12_000, changesAlone: 50_000 };

/** What one part of a pass is about. Kept as JSON. */
export interface PartWork {
  /** Numbers of names, of which all components are held against the store. */
  readonly names: readonly number[];
  /** purls of other components. */
  readonly purls: readonly string[];
}

/** What a pass over everything has to do. */
export interface Plan {
  readonly parts: readonly PartWork[];
  /** Vulnerabilities that the facts say something else of than when they were last asked, with what is noted of each. */
  readonly moved: readonly (readonly [name: string, stored: string | null])[];
  /** How many components the ledger knows. */
  readonly components: number;
}

/** How a store is held against what is known. */
export interface Held {
  readonly store: AdvisoryStore;
  readonly standing: Standing;
  /** Also what it says the same of as before. */
  readonly full: boolean;
}

function* inParts(
  names: readonly NameState[],
  counts: ReadonlyMap<number, number>,
  mostComponents: number,
): Generator<number[]> {
  let part: number[] = [];
  let size = 0;
  for (const { id } of names) {
    const count = counts.get(id) ?? 0;
    if (part.length > 0 && size + count > mostComponents) {
      yield part;
      part = [];
      size = 0;
    }
    part.push(id);
    size += count;
  }
  if (part.length > 0) yield part;
}

/** Works out what has to be held against the store: names first, in their order, then what else has a vulnerability that moved. */
export async function planOf(
  source: Source,
  { store, standing, full }: Held,
  { components: mostComponents }: PartSize = usualSize,
): Promise<Plan> {
  const reach = new Reach(store, standing);
  const names = await nameStates(source, 'all');
  const changed = names.filter((n) => reach.mayChange(n) && (full || nameFingerprint(store, n) !== n.fingerprint));
  const counts = await componentsPerName(
    source,
    changed.map((n) => n.id),
  );
  const parts: PartWork[] = [...inParts(changed, counts, mostComponents)].map((part) => ({ names: part, purls: [] }));
  const states = await vulnerabilityStates(source, 'all');
  const moved = states.filter((v) => full || factsFingerprint(store, v.names) !== v.fingerprint);
  const inNames = new Set(changed.map(keyText));
  const others: string[] = [];
  for (const purl of await componentsWith(
    source,
    moved.map((v) => v.id),
  )) {
    const key = lookupKey(purl);
    if (key !== null && !inNames.has(keyText(key))) others.push(purl);
  }
  others.sort();
  const last = parts.at(-1);
  const left = mostComponents - (last?.names.reduce((sum, id) => sum + (counts.get(id) ?? 0), 0) ?? mostComponents);
  if (last !== undefined && others.length > 0 && left > 0) {
    parts[parts.length - 1] = { names: last.names, purls: others.splice(0, left) };
  }
  for (let at = 0; at < others.length; at += mostComponents) {
    parts.push({ names: [], purls: others.slice(at, at + mostComponents) });
  }
  const { total } = await componentCounts(source);
  return { parts, moved: moved.map((v) => [v.name, v.fingerprint]), components: total };
}

/** Components that the store cannot speak of. */
export async function blindComponents(source: Source, { store, standing }: Held): Promise<Set<string>> {
  const reach = new Reach(store, standing);
  const names = await nameStates(source, 'all');
  const { nameless } = await componentCounts(source);
  const blind = await componentsNamed(
    source,
    names.filter((n) => !reach.covers(n)).map((n) => n.id),
  );
  for (const purl of nameless) blind.add(purl);
  return blind;
}
