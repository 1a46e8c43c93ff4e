/** One measured figure beside what it is to be. */
export interface LedgerRow {
  readonly where: string;
  readonly what: string;
  readonly figure: number;
  readonly unit: 'ms' | 's' | '/s' | 'B' | 'MB';
  /** Its target: the most that it may be, of a rate the least; null where none is set. */
  readonly most: number | null;
  readonly detail: string;
}

/** The rows as text, each with its target, whether it was met, and by how much. */
export function ledgerTable(rows: readonly LedgerRow[]): string {
  const lines = rows.map(({ where, what, figure, unit, most, detail }) => {
    const digits = unit === 'ms' || unit === 's' ? 1 : 0;
    const rate = unit === '/s';
    const share = most === null ? 0 : rate ? most / figure : figure / most;
    const target = most === null ? '' : `${rate ? '≥' : '≤'} ${most} ${unit}`;
    return [
      where,
      what,
      `${figure.toFixed(digits)} ${unit}`,
      target,
      most === null ? '' : `${share.toFixed(2)} x ${share <= 1 ? 'pass' : 'MISS'}`,
      detail,
    ];
  });
  const all = [['', '', 'measured', 'target', 'of target', ''], ...lines];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...all.map((line) => line[column]?.length ?? 0)));
  return all
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
