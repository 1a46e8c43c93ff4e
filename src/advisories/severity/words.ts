import type { SeverityLevel } from '../../model/advisory.ts';

/**
 * The words that GitHub (LOW, MODERATE …), Ubuntu (priority), Debian (urgency), Red Hat and its rebuilds (Important),
 * SUSE and Bitnami use, in lower case. What stands for "not assessed" is absent on purpose: it says nothing.
 */
const levels: ReadonlyMap<string, SeverityLevel> = new Map([
  ['critical', 'critical'],
  ['high', 'high'],
  ['important', 'high'],
  ['medium', 'medium'],
  ['moderate', 'medium'],
  ['low', 'low'],
  ['minor', 'low'],
  ['negligible', 'negligible'],
  ['unimportant', 'negligible'],
]);

/** The level that a source's word means, or null for a word that states none (`untriaged`, `not yet assigned`, `None`). */
export function levelOfWord(word: string): SeverityLevel | null {
  // Debian marks an urgency that it derived by itself with asterisks: `low**`.
  const bare = word.slice(0, 40).trim().toLowerCase().replaceAll('*', '');
  return levels.get(bare) ?? null;
}
