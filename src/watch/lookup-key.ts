import type { NameKey } from '../ledger/queries/changed-components.ts';
import type { AdvisoryStore } from '../model/advisory.ts';
import { lookupOf } from '../model/ecosystem.ts';
import { parsePurl } from '../model/purl.ts';

/** The name under which a component is looked up; null where there are no advisories for its kind. */
export function lookupKey(purl: string): NameKey | null {
  const parsed = parsePurl(purl);
  const lookup = parsed === null ? null : lookupOf(parsed);
  return lookup === null ? null : { ecosystem: lookup.ecosystems.join('|'), name: lookup.name };
}

/** The ecosystems of a name that is looked up in several. */
export function ecosystemsOf({ ecosystem }: NameKey): string[] {
  return ecosystem.split('|');
}

/** A text for a name, to index by. */
export function keyText({ ecosystem, name }: NameKey): string {
  return `${ecosystem}\0${name}`;
}

/** What the store says of a name now; null where it says nothing. */
export function nameFingerprint(store: AdvisoryStore, key: NameKey): string | null {
  if (!key.ecosystem.includes('|')) return store.fingerprint(key.ecosystem, key.name);
  const prints = ecosystemsOf(key).map((e) => store.fingerprint(e, key.name));
  return prints.every((p) => p === null) ? null : prints.map((p) => p ?? '').join('|');
}

/** What the fact feeds say now of a vulnerability under all its names; null where they say nothing. */
export function factsFingerprint(store: AdvisoryStore, names: Iterable<string>): string | null {
  const prints = [...names].sort().flatMap((name) => store.factsFingerprint(name) ?? []);
  return prints.length === 0 ? null : prints.join('|');
}
