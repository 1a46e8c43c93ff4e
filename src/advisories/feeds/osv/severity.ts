import type { Severity } from '../../../model/advisory.ts';
import { clip } from '../../../model/problem.ts';
import type { BaseScore } from '../../severity/cvss.ts';
import { levelOfWord } from '../../severity/words.ts';
import { asList, asObject, asText } from '../json.ts';

/** Scores a CVSS vector; null where it is none. See `cvssScorer`. */
export type Scorer = (vector: string) => BaseScore | null;

const mostSeverities = 20;

/**
 * The `severity` list of an OSV record or of one affected entry, with the words that its publisher put elsewhere, best
 * told first: vectors, then words. A vector that cannot be scored counts as `unknown` where nothing else is stated.
 */
export function readSeverities(
  list: unknown,
  words: readonly unknown[],
  source: string,
  score: Scorer,
): readonly Severity[] {
  const vectors: Severity[] = [];
  const stated: Severity[] = [];
  let unread: Severity | null = null;
  const addWord = (text: string, from: string) => {
    const level = levelOfWord(text);
    if (level === null || stated.some((s) => s.source === from && s.level === level)) return;
    stated.push({ source: from, level, score: null, vector: null });
  };
  for (const item of (asList(list) ?? []).slice(0, mostSeverities)) {
    const entry = asObject(item);
    const type = asText(entry?.['type']);
    const text = asText(entry?.['score']);
    if (type === null || text === null) continue;
    if (!type.startsWith('CVSS')) {
      addWord(text, type === 'Ubuntu' ? 'Ubuntu' : source);
      continue;
    }
    const scored = score(text);
    if (scored === null) unread ??= { source, level: 'unknown', score: null, vector: clip(text) };
    else vectors.push({ source, level: scored.level, score: scored.score, vector: scored.vector });
  }
  for (const word of words) if (typeof word === 'string') addWord(word, source);
  // The newest version of CVSS first: a bare vector is one of version 2.
  const version = (s: Severity) => (s.vector?.startsWith('CVSS:') ? s.vector.slice(0, 8) : '');
  vectors.sort((a, b) => (version(a) < version(b) ? 1 : version(a) > version(b) ? -1 : 0));
  const all = [...vectors, ...stated];
  return all.length === 0 && unread !== null ? [unread] : all;
}
