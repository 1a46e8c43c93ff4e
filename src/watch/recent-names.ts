import type { Advisory, AdvisoryStore } from '../model/advisory.ts';

/** Advisories that are kept at hand; a kernel has thousands. */
const mostKept = 1_000;

/**
 * A store that keeps the last few answers of `byName`: reading them is dear, and matching a name's components, and then keeping
 * the records, ask for the same. Closing it closes the store.
 */
export function withRecentNames(store: AdvisoryStore): AdvisoryStore {
  const kept = new Map<string, readonly Advisory[]>();
  let weight = 0;
  return {
    snapshot: store.snapshot,
    covers: (ecosystem) => store.covers(ecosystem),
    facts: (id) => store.facts(id),
    epssOf: (ids) => store.epssOf(ids),
    fingerprint: (ecosystem, name) => store.fingerprint(ecosystem, name),
    factsFingerprint: (id) => store.factsFingerprint(id),
    close: () => store.close(),
    byName(ecosystem, name) {
      const key = `${ecosystem}\0${name}`;
      const known = kept.get(key);
      if (known !== undefined) return known;
      const records = store.byName(ecosystem, name);
      kept.set(key, records);
      weight += 1 + records.length;
      for (const [oldest, list] of kept) {
        if (weight <= mostKept || oldest === key) break;
        kept.delete(oldest);
        weight -= 1 + list.length;
      }
      return records;
    },
  };
}
