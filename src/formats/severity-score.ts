import type { Severity, SeverityLevel } from '../model/advisory.ts';

/** Lowest score of each level: https://www.first.org/cvss/v3.1/specification-document (qualitative rating scale). */
const lowest: Readonly<Record<SeverityLevel, number | null>> = {
  critical: 9,
  high: 7,
  medium: 4,
  low: 0.1,
  negligible: 0.1,
  unknown: null,
};

/**
 * A score that says the same as the level that counts, for consumers that know only numbers: the source's own where it lies in
 * the band of the level, else the lowest of the band. Null for unknown.
 */
export function scoreOf(s: Severity): number | null {
  return s.score !== null && levelOf(s.score) === s.level ? s.score : lowest[s.level];
}

function levelOf(score: number): SeverityLevel {
  if (score >= 9) return 'critical';
  if (score >= 7) return 'high';
  if (score >= 4) return 'medium';
  return score > 0 ? 'low' : 'negligible';
}
