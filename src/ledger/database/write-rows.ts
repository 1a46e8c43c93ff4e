import type { SQLInputValue } from 'node:sqlite';
import { CompiledQuery, type Transaction } from 'kysely';
import { type ColumnType, columns } from './columns.ts';
import type { Statements } from './sqlite-dialect.ts';
import type { TableName, Tables } from './tables.ts';

/** Rows that wait to be written, by table. */
export type RowBatch = ReadonlyMap<TableName, readonly Tables[TableName][]>;

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

const fieldOf = (row: object, column: string) => (row as Readonly<Record<string, unknown>>)[column];

const sqliteInserts = new Map<TableName, { readonly sql: string; readonly names: readonly string[] }>();

function sqliteInsert(table: TableName) {
  const known = sqliteInserts.get(table);
  if (known !== undefined) return known;
  const names = entriesOf(table).map(([name]) => name);
  const sql = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
  const insert = { sql, names };
  sqliteInserts.set(table, insert);
  return insert;
}

/** A row at a time with a prepared statement: the quickest there is on SQLite, where a statement costs no round trip. */
export function writeToSqlite(statements: Statements, batch: RowBatch): void {
  for (const [table, rows] of batch) {
    if (rows.length === 0) continue;
    const { sql, names } = sqliteInsert(table);
    const { statement } = statements.get(sql);
    for (const row of rows) statement.run(...names.map((name) => fieldOf(row, name) as SQLInputValue));
  }
}

/** Rows of one statement. */
const mostAtOnce = 5_000;

/**
 * All tables in one statement, and thousands of rows: each column is one parameter, so that its text is the same for any number
 * of rows and one round trip is enough.
 */
export async function writeToPostgres(tx: Transaction<Tables>, batch: RowBatch): Promise<void> {
  const filled = [...batch].filter(([, rows]) => rows.length > 0);
  const longest = Math.max(0, ...filled.map(([, rows]) => rows.length));
  for (let at = 0; at < longest; at += mostAtOnce) {
    const values: unknown[] = [];
    const inserts: string[] = [];
    for (const [table, rows] of filled) {
      const part = rows.slice(at, at + mostAtOnce);
      if (part.length === 0) continue;
      const entries = entriesOf(table);
      const arrays = entries.map(([name, type]) => {
        values.push(part.map((row) => fieldOf(row, name)));
        return `$${values.length}::${pgTypes[type]}`;
      });
      const names = entries.map(([name]) => name).join(', ');
      inserts.push(`INSERT INTO ${table} (${names}) SELECT * FROM unnest(${arrays.join(', ')})`);
    }
    const last = inserts.pop();
    const before = inserts.map((insert, i) => `t${i} AS (${insert})`);
    await tx.executeQuery(
      CompiledQuery.raw(`${before.length === 0 ? '' : `WITH ${before.join(', ')} `}${last}`, values),
    );
  }
}
