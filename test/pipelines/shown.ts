// Output that a page shows is output that was really printed.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../real/parts.ts';

/** The blocks of a page below `<!-- output of NAME -->`, by their names. */
export function shownBlocks(page: string): ReadonlyMap<string, readonly string[]> {
  const text = readFileSync(join(root, page), 'utf8');
  const blocks = [...text.matchAll(/^<!-- output of ([a-z-]+) -->\n```text\n(.*?)^```$/gms)];
  return new Map(blocks.map(([, name = '', lines = '']) => [name, lines.trimEnd().split('\n')]));
}

/** Holds a block of a page against what was printed: the same lines without a gap, except where a line `…` stands for any number of others. */
export function assertShown(page: string, name: string, printed: string): void {
  const lines = shownBlocks(page).get(name);
  assert.ok(lines !== undefined && lines.length > 0, `${page} has no output of ${name}`);
  const real = printed.split('\n').map((line) => line.trimEnd());
  let [from, gap] = [0, false];
  for (const line of lines) {
    if (line === '…') {
      gap = true;
      continue;
    }
    const at = gap ? real.indexOf(line, from) : from;
    assert.equal(real[at], line, `${page}, output of ${name}; printed was:\n${printed}`);
    [from, gap] = [at + 1, false];
  }
}
