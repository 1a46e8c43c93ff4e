/** One measured figure beside what it is to be. */
export interface Row {
  readonly what: string;
  readonly figure: number;
  readonly unit: 'x' | 'ms' | 's' | 'MB';
  /** The most that it may be; null where none is set. */
  readonly target: number | null;
  /** What else is worth knowing: the times behind a ratio, the spread. */
  readonly detail: string;
}

const digits = { x: 2, ms: 0, s: 1, MB: 0 } as const;

/** The rows as text, each with its target and whether it was met. */
export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(({ what, figure, unit, target, detail }) => [
    what,
    `${figure.toFixed(digits[unit])} ${unit}`,
    target === null ? '' : `≤ ${target} ${unit}`,
    target === null ? '' : figure <= target ? 'pass' : 'MISS',
    detail,
  ]);
  const all = [['', 'measured', 'target', '', ''], ...lines];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((line) => line[column]?.length ?? 0)));
  return all
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
