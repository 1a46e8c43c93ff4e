import type { Severity, SeverityLevel } from '../../model/advisory.ts';
import type { Finding } from '../../model/finding.ts';

export const openssl = 'pkg:deb/debian/libssl3@3.0.15-1?arch=amd64&distro=debian-12&upstream=openssl';

export function level(word: SeverityLevel): Severity {
  return { source: 'NVD', level: word, score: null, vector: null };
}

/** A finding with everything left out that a test does not speak of: high, fixed in 3.0.17-1, published in 2024. */
export function finding(id: string, parts: Partial<Finding> = {}): Finding {
  return {
    id,
    aliases: [],
    advisories: [id],
    component: openssl,
    name: 'libssl3',
    installed: '3.0.15-1',
    fixedIn: '3.0.17-1',
    summary: '',
    severity: level('high'),
    severities: [],
    epss: null,
    exploitation: [],
    published: '2024-01-01T00:00:00Z',
    references: [],
    informational: null,
    matchedBy: [],
    direct: null,
    locations: [],
    excepted: null,
    ...parts,
  };
}
