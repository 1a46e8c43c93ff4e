import { clip } from '../../model/problem.ts';

/** How long a one-line summary may be, in characters. */
export const longestSummary = 200;

/** The first line of a text that says something, fit for one line of a table: headings and blank lines are skipped. */
export function firstLine(text: string): string {
  let heading = '';
  // An attacker's text may be megabytes of blank lines; what matters stands at the top.
  for (const line of text.slice(0, 4096).split('\n')) {
    const bare = line.trim().replace(/[ \t]+/g, ' ');
    if (bare === '') continue;
    if (!bare.startsWith('#')) return clip(bare, longestSummary);
    heading ||= bare.replace(/^#+ ?/, '');
  }
  return clip(heading, longestSummary);
}
