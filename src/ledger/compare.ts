import { sql } from 'kysely';
import { columns } from './database/columns.ts';
import type { Database, Reader } from './database/database.ts';
import type { TableName } from './database/tables.ts';

/** Where a table differs from what the log says. `key`: the row's primary key, as `service=3 environment=1`. */
export type Difference =
  | { readonly table: TableName; readonly key: string; readonly what: 'missing' | 'unexpected' }
  | {
      readonly table: TableName;
      readonly key: string;
      readonly what: 'changed';
      readonly column: string;
      readonly actual: Value;
      readonly expected: Value;
    };

/** Two rows with one key that are not the same; null: there is none. */
export interface RowDifference {
  readonly table: Projection;
  readonly key: string;
  readonly actual: Row | null;
  readonly expected: Row | null;
}

export type Value = number | string | null;

/** What no entry says: how far the log has come, who is behind a pseudonym, and work in progress. */
type NoProjection =
  | 'ledger'
  | 'pending'
  | 'migration'
  | 'person'
  | 'job'
  | 'cursor'
  | 'held'
  | 'dead_letter'
  | 'thread_memory'
  | 'timing'
  | 'rescan_part';

/** The tables that are a function of the log, with their primary keys. */
export const projectionKeys = {
  service: ['id'],
  environment: ['id'],
  artifact: ['id'],
  inventory: ['id'],
  advisory_name: ['id'],
  component: ['id'],
  artifact_component: ['artifact', 'component', 'known_from'],
  verdict: ['id'],
  deployment: ['id'],
  period: ['deployment', 'entry'],
  observation: ['id'],
  drift: ['observation', 'place'],
  snapshot: ['id'],
  rescan: ['id'],
  vulnerability: ['id'],
  vulnerability_name: ['name', 'vulnerability'],
  component_match: ['component', 'vulnerability', 'known_from', 'opened'],
  decision: ['id'],
  decision_name: ['name', 'decision'],
  redaction: ['document'],
  outbox: ['entry'],
  condition: ['id'],
  alert: ['id'],
  alert_subject: ['alert', 'place'],
} as const satisfies Record<Exclude<TableName, NoProjection>, readonly string[]>;

export type Projection = keyof typeof projectionKeys;

export const projections = Object.keys(projectionKeys) as Projection[];

export type Row = Readonly<Record<string, Value>>;

const pageSize = 10_000;

/** On SQLite any column can hold anything. What no number or text of ours can be is shown as SQLite writes it. */
function plainColumn(database: Database, table: TableName, column: string) {
  if (database.kind === 'postgres') return sql.ref(column);
  const type = (columns[table] as Readonly<Record<string, string>>)[column]?.startsWith('n') ? 'integer' : 'text';
  const [least, most] = [sql.lit(Number.MIN_SAFE_INTEGER), sql.lit(Number.MAX_SAFE_INTEGER)];
  const ref = sql.ref(column);
  const fits = type === 'text' ? sql`` : sql` AND ${ref} BETWEEN ${least} AND ${most}`;
  return sql`CASE WHEN ${ref} IS NULL OR (typeof(${ref}) = ${sql.lit(type)}${fits}) THEN ${ref}
    ELSE typeof(${ref}) || ' ' || quote(${ref}) END`;
}

/** The rows of a table in the order of its primary key, a page at a time. */
async function* rowsOf(database: Database, reader: Reader, table: Projection): AsyncGenerator<Row> {
  const key: readonly string[] = projectionKeys[table];
  const names = Object.keys(columns[table]);
  const shown = names.map((name) => sql`${plainColumn(database, table, name)} AS ${sql.ref(`c_${name}`)}`);
  const order = sql.join(key.map((name) => sql.ref(name)));
  const pageAfter = async (after: readonly Value[] | null): Promise<readonly Row[]> => {
    const where = after === null ? sql`` : sql`WHERE (${order}) > (${sql.join(after)})`;
    const page = await sql<Row>`SELECT ${sql.join(shown)} FROM ${sql.table(table)} ${where}
      ORDER BY ${order} LIMIT ${sql.lit(pageSize)}`.execute(reader);
    return page.rows;
  };
  for (let page = await pageAfter(null); ; ) {
    for (const row of page) yield Object.fromEntries(names.map((name) => [name, row[`c_${name}`] ?? null]));
    const last = page.at(-1);
    if (last === undefined || page.length < pageSize) return;
    page = await pageAfter(key.map((name) => last[`c_${name}`] ?? null));
  }
}

/** Bytewise, as both databases keep their texts; a number before a text. */
function compareValues(a: Value, b: Value): number {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return typeof a === typeof b ? 0 : typeof a === 'number' || a === null ? -1 : 1;
}

function compareKeys(key: readonly string[], a: Row, b: Row): number {
  for (const name of key) {
    const order = compareValues(a[name] ?? null, b[name] ?? null);
    if (order !== 0) return order;
  }
  return 0;
}

async function* compareTable(
  table: Projection,
  actual: AsyncGenerator<Row>,
  expected: AsyncGenerator<Row>,
): AsyncGenerator<RowDifference> {
  const key: readonly string[] = projectionKeys[table];
  const nameOf = (row: Row) => key.map((name) => `${name}=${row[name]}`).join(' ');
  const next = async (rows: AsyncGenerator<Row>): Promise<Row | null> => {
    const { done, value } = await rows.next();
    return done === true ? null : value;
  };
  let [a, e] = [await next(actual), await next(expected)];
  while (a !== null || e !== null) {
    const order = a === null ? 1 : e === null ? -1 : compareKeys(key, a, e);
    const [has, should] = [order <= 0 ? a : null, order >= 0 ? e : null];
    const row = has ?? should;
    if (row === null) return;
    if (has === null || should === null || Object.keys(should).some((column) => has[column] !== should[column]))
      yield { table, key: nameOf(row), actual: has, expected: should };
    if (has !== null) a = await next(actual);
    if (should !== null) e = await next(expected);
  }
}

/** As `compareProjections`, with whole rows. */
export async function* compareRows(
  actual: Database,
  expected: Database,
  reader: Reader = actual.kysely,
): AsyncGenerator<RowDifference> {
  for (const table of projections) {
    yield* compareTable(table, rowsOf(actual, reader, table), rowsOf(expected, expected.kysely, table));
  }
}

/**
 * Holds the tables of a ledger, row by row, against those that `replay` built. Gives each difference with table, key and column,
 * and keeps a page of rows in memory. `reader`: a transaction on `actual` that sees one state, where others write meanwhile.
 * Left out: what is no function of the log (`NoProjection`).
 */
export async function* compareProjections(
  actual: Database,
  expected: Database,
  reader: Reader = actual.kysely,
): AsyncGenerator<Difference> {
  for await (const { table, key, actual: is, expected: should } of compareRows(actual, expected, reader)) {
    if (is === null) yield { table, key, what: 'missing' };
    else if (should === null) yield { table, key, what: 'unexpected' };
    else {
      for (const [column, value] of Object.entries(should)) {
        const found = is[column] ?? null;
        if (found !== value) yield { table, key, what: 'changed', column, actual: found, expected: value };
      }
    }
  }
}

/**
 * What is wrong with the structure of a SQLite file, indexes against tables included, in SQLite's words; nothing for
 * PostgreSQL, whose own checks (amcheck) are its operator's.
 */
export async function structureFaults(database: Database): Promise<string[]> {
  if (database.kind === 'postgres') return [];
  const { rows } = await sql<{ integrity_check: string }>`PRAGMA integrity_check`.execute(database.kysely);
  return rows.map((row) => row.integrity_check).filter((line) => line !== 'ok');
}
