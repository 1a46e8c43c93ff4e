import type { Check } from '../../evidence/verify/checks.ts';
import { wrap } from '../../formats/terminal-text.ts';
import { clip } from '../../model/problem.ts';
import type { View } from './answer.ts';
import { many, moreRows } from './words.ts';

const mostFaults = 20;
const words = { pass: 'holds', fail: 'DOES NOT HOLD', 'cannot-say': 'cannot say' } as const;

/** What was checked, with the exact place of each fault. */
export function checkLines(checks: readonly Check[], view: View): string[] {
  return checks.flatMap(({ says, outcome, count, faults, unchecked }) => [
    ...wrap(`${says} (${many(count, 'thing')} looked at)`, view.columns - 15).map((line, i) =>
      i === 0 ? `${view.paint.verdict(outcome, true, words[outcome].padEnd(15))}${line}` : `${' '.repeat(15)}${line}`,
    ),
    ...places(faults, view),
    ...places(unchecked, view),
  ]);
}

function places(list: Check['faults'], view: View): string[] {
  const shown = view.mostRows === Number.POSITIVE_INFINITY ? list : list.slice(0, mostFaults);
  const rest = list.length - shown.length;
  return [
    ...shown.flatMap(({ place, message }) =>
      wrap(`${clip(place)}: ${clip(message, 500)}`, view.columns - 4).map((line, i) =>
        i === 0 ? `  - ${line}` : `    ${line}`,
      ),
    ),
    ...(rest > 0 ? [`  ${moreRows(rest)}`] : []),
  ];
}
