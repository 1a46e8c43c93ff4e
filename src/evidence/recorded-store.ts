import type { KnowledgeDocument } from '../ledger/document-shapes.ts';
import type { Advisory, AdvisoryStore, VulnerabilityFacts } from '../model/advisory.ts';
import { baseOf } from '../model/ecosystem.ts';

/**
 * The advisory records of one document as a store to match against: what was known of the vulnerabilities that it opened, and
 * nothing else. So it can show that a match follows from the records, and never that there was no other.
 */
export function recordedStore({ snapshot, records, facts }: KnowledgeDocument): AdvisoryStore {
  const byName = new Map<string, Advisory[]>();
  const ecosystems = new Set<string>();
  for (const { ecosystem, name, record } of records) {
    const key = `${ecosystem}\0${name}`;
    const list = byName.get(key);
    if (list === undefined) byName.set(key, [record]);
    else list.push(record);
    ecosystems.add(ecosystem);
    ecosystems.add(baseOf(ecosystem));
  }
  const byId = new Map<string, VulnerabilityFacts>(facts.map((f) => [f.id, f]));
  return {
    snapshot: { digest: snapshot, feeds: [] },
    covers: (ecosystem) => ecosystems.has(ecosystem),
    byName: (ecosystem, name) => byName.get(`${ecosystem}\0${name}`) ?? [],
    facts: (id) => byId.get(id) ?? null,
    epssOf: (ids) =>
      new Map(
        [...ids].flatMap((id) => {
          const epss = byId.get(id)?.epss ?? null;
          return epss === null ? [] : [[id, epss]];
        }),
      ),
    // Fingerprints hold one store against another, and nothing is held against this one.
    fingerprint: () => null,
    factsFingerprint: () => null,
    close() {},
  };
}
