import { cell, widthOf } from '../../formats/terminal-text.ts';
import { clip } from '../../model/problem.ts';
import type { View } from './answer.ts';
import { moreRows } from './words.ts';

/** A column of a table. */
export interface Column {
  readonly head: string;
  /** May be cut where the terminal is narrow; all others stay whole. */
  readonly flexible?: boolean;
  /** Colours the text of a cell, after it was cut and filled. */
  paint?(text: string, row: number): string;
}

const least = 8;
const gap = 2;

/** Lines of a table that fits the view; more rows than it takes are counted in a last line. */
export function grid(columns: readonly Column[], rows: readonly (readonly string[])[], view: View): string[] {
  const shown = rows.slice(0, view.mostRows).map((row) => row.map((text) => clip(text, 400)));
  const widths = fitted(columns, shown, view.columns);
  const line = (texts: readonly string[], at: number | null) =>
    columns
      .map((column, i) => {
        const last = i === columns.length - 1;
        const text = cell(texts[i] ?? '', widths[i] ?? 0);
        const painted = at === null ? view.paint.heading(text) : (column.paint?.(text, at) ?? text);
        return last && painted === text ? text.trimEnd() : painted;
      })
      .join(' '.repeat(gap))
      .trimEnd();
  const rest = rows.length - shown.length;
  return [
    line(
      columns.map(({ head }) => head),
      null,
    ),
    ...shown.map(line),
    ...(rest > 0 ? [moreRows(rest)] : []),
  ];
}

/** Widths that fit: columns that may be cut give way, the widest first. */
function fitted(columns: readonly Column[], rows: readonly (readonly string[])[], total: number): number[] {
  const widths = columns.map(({ head }, i) =>
    rows.reduce((most, row) => Math.max(most, widthOf(row[i] ?? '')), widthOf(head)),
  );
  let over = widths.reduce((sum, w) => sum + w + gap, -gap) - total;
  while (over > 0) {
    let widest = -1;
    for (const [i, column] of columns.entries()) {
      if (column.flexible === true && (widths[i] ?? 0) > least && (widths[i] ?? 0) > (widths[widest] ?? 0)) widest = i;
    }
    const width = widths[widest];
    if (width === undefined) break;
    widths[widest] = width - 1;
    over -= 1;
  }
  return widths;
}
