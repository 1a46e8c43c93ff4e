import { CodedError } from '../model/errors.ts';
import { clip } from '../model/problem.ts';
import { endOfDay } from './dates.ts';
import type { Exception } from './policy.ts';

/**
 * Reads a `.trivyignore`: one id a line, `exp:YYYY-MM-DD` behind it for its end, `#` for comments. Comment lines directly above an id,
 * or the comment behind it, are its reason. The entries are exceptions without component and owner. Throws `policy-invalid` for a
 * date that is none, so that no exception holds for ever by a slip.
 */
export function parseTrivyIgnore(text: string, filename = '.trivyignore'): Exception[] {
  const exceptions: Exception[] = [];
  let above: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const hash = line.indexOf('#');
    const comment = hash === -1 ? '' : line.slice(hash + 1).trim();
    const [id, ...words] = (hash === -1 ? line : line.slice(0, hash)).split(/\s+/).filter((w) => w !== '');
    if (id === undefined) {
      above = comment === '' ? [] : [...above, comment];
      continue;
    }
    const at = `${filename}:${index + 1}`;
    let until: string | null = null;
    for (const word of words) {
      if (word.startsWith('exp:') && endOfDay(word.slice(4)) !== null) until = word.slice(4);
      else
        throw new CodedError('policy-invalid', `${at}: "${clip(word, 60)}" is not exp:YYYY-MM-DD`, {
          remedy: 'write one id a line, with an end such as exp:2026-12-31 behind it, or a comment after #',
        });
    }
    const reason = clip(comment === '' ? above.join(' ') : comment, 500);
    exceptions.push({ id, component: null, owner: null, reason, until, at });
    above = [];
  }
  return exceptions;
}
