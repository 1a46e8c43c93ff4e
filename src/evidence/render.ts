import type { PackAnswer } from './answer.ts';
import { gapsText } from './page/gaps.ts';
import { pageHtml } from './page/page.ts';
import { vexText } from './vex.ts';

export const vexPath = 'vex/decisions.openvex.json';

/** Files that say in words and data what was worked out: a function of the answer alone, so that a changed page is found. */
export function renderAnswer(answer: PackAnswer): { readonly path: string; readonly text: string }[] {
  const vex = vexText(answer);
  return [
    { path: 'pack.json', text: `${JSON.stringify(answer, null, 2)}\n` },
    { path: 'index.html', text: pageHtml(answer) },
    { path: 'NOT-COVERED.md', text: gapsText(answer) },
    ...(vex === null ? [] : [{ path: vexPath, text: vex }]),
  ];
}
