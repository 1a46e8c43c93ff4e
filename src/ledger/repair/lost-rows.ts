import { compareRows, type Row } from '../compare.ts';
import type { Database } from '../database/database.ts';

/** Rows by table, as they stood; `more`: how many further ones there are, which only the database that was kept aside has. */
export interface LostRows {
  readonly rows: Readonly<Record<string, readonly Row[]>>;
  readonly more: number;
}

const mostRows = 20_000;

/** The rows that a database has and the log does not say, or says otherwise. */
export async function lostRows(database: Database, fromLog: Database): Promise<LostRows> {
  const rows: Record<string, Row[]> = {};
  let count = 0;
  for await (const { table, actual } of compareRows(database, fromLog)) {
    if (actual === null) continue;
    count += 1;
    if (count > mostRows) continue;
    const list = rows[table] ?? [];
    rows[table] = list;
    list.push(actual);
  }
  return { rows, more: Math.max(0, count - mostRows) };
}
