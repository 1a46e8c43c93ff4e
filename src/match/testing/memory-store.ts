import { hash } from 'node:crypto';
import type { Advisory, AdvisoryStore, Affected, VulnerabilityFacts } from '../../model/advisory.ts';
import { baseOf } from '../../model/ecosystem.ts';

/** An advisory with everything left out that a test does not speak of. */
export function advisory(id: string, parts: Partial<Advisory> = {}): Advisory {
  return {
    id,
    aliases: [],
    upstream: [],
    modified: '2026-01-02T00:00:00Z',
    published: null,
    withdrawn: null,
    summary: '',
    severity: [],
    affected: [],
    informational: null,
    references: [],
    ...parts,
  };
}

/** One `affected` entry with one range: `range('ECOSYSTEM', 'introduced 0', 'fixed 1.2')`. */
export function range(type: 'SEMVER' | 'ECOSYSTEM' | 'GIT', ...events: string[]): Affected {
  const read = events.map((text) => {
    const [key = '', version = ''] = text.split(' ');
    return { [key]: version } as unknown as Affected['ranges'][number]['events'][number];
  });
  return { ranges: [{ type, events: read }], versions: [], severity: [] };
}

export function facts(id: string, parts: Partial<VulnerabilityFacts> = {}): VulnerabilityFacts {
  return { id, severity: [], published: null, summary: '', epss: null, exploitation: [], ...parts };
}

function fingerprintOf(value: unknown): string {
  return hash('sha256', JSON.stringify(value), 'base64url').slice(0, 22);
}

/** A store in memory: advisories by `ecosystem name`, and what is known of ids. Counts what it was asked. */
export function memoryStore(
  named: Readonly<Record<string, readonly Advisory[]>>,
  known: readonly VulnerabilityFacts[] = [],
): AdvisoryStore & { readonly asked: string[] } {
  const byKey = new Map(Object.entries(named));
  const byId = new Map(known.map((f) => [f.id, f]));
  const bases = new Set([...byKey.keys()].map((key) => baseOf(key.slice(0, key.lastIndexOf(' ')))));
  const asked: string[] = [];
  return {
    asked,
    snapshot: { digest: `sha256:${'0'.repeat(64)}`, feeds: [] },
    covers: (ecosystem) => bases.has(baseOf(ecosystem)),
    byName(ecosystem, name) {
      asked.push(`${ecosystem} ${name}`);
      return byKey.get(`${ecosystem} ${name}`) ?? [];
    },
    facts: (id) => byId.get(id) ?? null,
    epssOf: (ids) =>
      new Map(
        [...ids].flatMap((id) => {
          const epss = byId.get(id)?.epss ?? null;
          return epss === null ? [] : [[id, epss]];
        }),
      ),
    fingerprint(ecosystem, name) {
      const found = byKey.get(`${ecosystem} ${name}`) ?? [];
      return found.length === 0 ? null : fingerprintOf(found);
    },
    factsFingerprint(id) {
      const { epss, ...others } = byId.get(id) ?? facts(id);
      const said = others.severity.length + others.exploitation.length > 0 || others.published !== null;
      return said || others.summary !== '' ? fingerprintOf(others) : null;
    },
    close() {},
  };
}
