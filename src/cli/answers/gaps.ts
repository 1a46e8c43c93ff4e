import { wrap } from '../../formats/terminal-text.ts';
import type { DriftRef, ExposureGap, Gap } from '../../ledger/queries/answers.ts';
import { clip } from '../../model/problem.ts';
import type { View } from './answer.ts';
import { end, many, moreRows, short, when } from './words.ts';

const mostLines = 25;

/** What an answer does not cover, in sentences: always shown. Empty where there is nothing. */
export function gapLines(sentences: readonly string[], view: View): string[] {
  if (sentences.length === 0) return [];
  const shown = view.mostRows === Number.POSITIVE_INFINITY ? sentences : sentences.slice(0, mostLines);
  const rest = sentences.length - shown.length;
  return [
    '',
    view.paint.heading('What this does not cover'),
    ...shown.flatMap((s) => wrap(s, view.columns - 4).map((line, i) => (i === 0 ? `  - ${line}` : `    ${line}`))),
    ...(rest > 0 ? [`  ${moreRows(rest)}`] : []),
  ];
}

/** A gap of an exposure, as a sentence. */
export function gapSentence(gap: ExposureGap): string {
  switch (gap.kind) {
    case 'unrecorded':
      return `deployment ${gap.deployment} ran ${short(gap.artifact)}, which was never recorded: what it contains is not known`;
    case 'inventory-problems':
      return `${many(gap.count, 'part')} of ${short(gap.artifact)} could not be read (inventory ${short(gap.inventory)})`;
    case 'last-rescan':
      if (gap.at === null) return `the components of ${short(gap.artifact)} were never held against advisories`;
      return `the components of ${short(gap.artifact)} were last held against advisories on ${when(gap.at)} (snapshot ${
        gap.snapshot === null ? 'unknown' : short(gap.snapshot)
      })${gap.problems > 0 ? `, and ${many(gap.problems, 'component')} could not be assessed` : ''}`;
    case 'feed-age':
      return `feed ${clip(gap.feed)} was of ${gap.asOf.slice(0, 10)}, ${many(gap.days, 'day')} old when it was used: older than the policy allows`;
    case 'not-observed':
      return lookedSentence(gap);
  }
}

/** That nobody looked, as a sentence. */
export function lookedSentence({ environment, from, to }: Gap): string {
  if (from === to) return `nobody looked at ${environment} at ${when(from)}`;
  return `nobody looked at ${environment} between ${when(from)} and ${end(to, 'now')}`;
}

const driftWords: Readonly<Record<DriftRef['what'], string>> = {
  unrecorded: 'runs, and was never written down',
  'other-digest': 'ran another digest than was written down',
  'changed-by-hand': 'had files changed by hand in the running container',
  gone: 'was written down, and did not run',
};

/** What was seen to differ from what was written down, as a sentence. */
export function driftSentence({ at, environment, service, what, digest }: DriftRef): string {
  return `${when(at)}: ${service} in ${environment} ${driftWords[what]}${digest === null ? '' : ` (${short(digest)})`}`;
}
