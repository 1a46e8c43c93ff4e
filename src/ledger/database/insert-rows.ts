import { CompiledQuery, type Transaction } from 'kysely';
import { type ColumnType, columns } from './columns.ts';
import type { TableName, Tables } from './tables.ts';

const pgTypes: Record<ColumnType, string> = {
  n: 'bigint[]',
  'n?': 'bigint[]',
  t: 'text[]',
  't?': 'text[]',
  b: 'bytea[]',
};

function entriesOf(table: TableName): [name: string, type: ColumnType][] {
  return Object.entries(columns[table]);
}

type Rows<T extends TableName> = readonly Tables[T][];

/** One statement, prepared once, a row at a time: the quickest there is on SQLite, where a statement costs no round trip. */
export async function insertIntoSqlite<T extends TableName>(
  tx: Transaction<Tables>,
  table: T,
  rows: Rows<T>,
): Promise<void> {
  const names = entriesOf(table).map(([name]) => name);
  const sql = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
  for (const row of rows) {
    const values = names.map((name) => row[name as keyof Tables[T]]);
    await tx.executeQuery(CompiledQuery.raw(sql, values));
  }
}

const mostRowsAtOnce = 5_000;

/** One statement for thousands of rows: each column is one parameter, so that its text stays the same for any number of rows. */
export async function insertIntoPostgres<T extends TableName>(
  tx: Transaction<Tables>,
  table: T,
  rows: Rows<T>,
): Promise<void> {
  const entries = entriesOf(table);
  const names = entries.map(([name]) => name).join(', ');
  const arrays = entries.map(([, type], i) => `$${i + 1}::${pgTypes[type]}`).join(', ');
  const sql = `INSERT INTO ${table} (${names}) SELECT * FROM unnest(${arrays})`;
  for (let at = 0; at < rows.length; at += mostRowsAtOnce) {
    const part = rows.slice(at, at + mostRowsAtOnce);
    const values = entries.map(([name]) => part.map((row) => row[name as keyof Tables[T]]));
    await tx.executeQuery(CompiledQuery.raw(sql, values));
  }
}
