import type { Severity, VulnerabilityFacts } from '../model/advisory.ts';
import { severityLevels } from '../model/advisory.ts';

/** Nobody says anything about how bad it is. */
export const unknownSeverity: Severity = { source: 'none', level: 'unknown', score: null, vector: null };

/** One advisory's severities, with whether it is a distribution's own record. */
export interface StatedSeverities {
  readonly ofDistribution: boolean;
  readonly severities: readonly Severity[];
}

function key({ source, level, vector }: Severity): string {
  return `${source}\0${level}\0${vector ?? ''}`;
}

/**
 * All that the sources say about one vulnerability, the one that counts first. A distribution, which knows how it builds the
 * software, comes before GHSA, NVD (with the CNAs that speak through it) and all others; of a distribution its own word comes before
 * a vector; what NVD passes on keeps the order of the store. Whoever says `unknown` comes after everybody who knows; of two records of one rank the worse counts.
 */
export function rankSeverities(stated: readonly StatedSeverities[], facts: readonly VulnerabilityFacts[]): Severity[] {
  const ranked = new Map<string, { readonly severity: Severity; readonly rank: number; readonly place: number }>();
  const add = (severity: Severity, rankIfKnown: number, place = 0): void => {
    const known = ranked.get(key(severity));
    const rank = severity.level === 'unknown' ? rankIfKnown + 100 : rankIfKnown;
    if (known === undefined || rank < known.rank) ranked.set(key(severity), { severity, rank, place });
  };
  for (const { ofDistribution, severities } of stated) {
    for (const severity of severities) {
      if (severity.source === 'GHSA') add(severity, 2);
      else if (severity.source === 'NVD') add(severity, 3);
      else if (ofDistribution && severity.source !== 'OSV') add(severity, severity.vector === null ? 0 : 1);
      else add(severity, 4);
    }
  }
  for (const { severity } of facts) for (const [place, one] of severity.entries()) add(one, 3, place);
  return [...ranked.values()]
    .sort((a, b) => a.rank - b.rank || a.place - b.place || compareWithinRank(a.severity, b.severity))
    .map(({ severity }) => severity);
}

/** `CVSS:4.0`, `CVSS:3.1` …; empty for a word and for CVSS 2, whose vectors have no prefix. */
function cvssVersion(severity: Severity): string {
  return severity.vector?.startsWith('CVSS:') === true ? severity.vector.slice(0, 8) : '';
}

function compareWithinRank(a: Severity, b: Severity): number {
  const [x, y] = [cvssVersion(a), cvssVersion(b)];
  if (x !== y) return x > y ? -1 : 1;
  const worse = severityLevels.indexOf(a.level) - severityLevels.indexOf(b.level);
  if (worse !== 0) return worse;
  if (a.score !== b.score) return (b.score ?? -1) - (a.score ?? -1);
  return key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0;
}
