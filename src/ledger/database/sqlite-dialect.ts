import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';

const mostStatements = 200;

interface Prepared {
  readonly statement: StatementSync;
  readonly givesRows: boolean;
  /** Of the columns of its rows. */
  readonly names: readonly string[];
}

/**
 * Rows as objects of one shape. Those that `node:sqlite` makes itself are dictionaries without a prototype, several times slower to
 * read from, which counts where a question is answered from ten thousand rows.
 */
function rowsOf({ statement, names }: Prepared, values: readonly SQLInputValue[]): object[] {
  const rows = statement.all(...values) as unknown as SQLOutputValue[][];
  return rows.map((values) => {
    const row: Record<string, SQLOutputValue | undefined> = {};
    for (let at = 0; at < names.length; at += 1) row[names[at] ?? ''] = values[at];
    return row;
  });
}

/** Prepared statements of one connection, the least recently used dropped. */
export class Statements {
  readonly #db: DatabaseSync;
  readonly #kept = new Map<string, Prepared>();

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  get(sql: string): Prepared {
    const known = this.#kept.get(sql);
    if (known !== undefined) {
      this.#kept.delete(sql);
      this.#kept.set(sql, known);
      return known;
    }
    const oldest = this.#kept.keys().next();
    if (this.#kept.size >= mostStatements && oldest.done === false) this.#kept.delete(oldest.value);
    const statement = this.#db.prepare(sql);
    const names = statement.columns().map((column) => column.name);
    statement.setReturnArrays(true);
    const prepared = { statement, givesRows: names.length > 0, names };
    this.#kept.set(sql, prepared);
    return prepared;
  }
}

class SqliteConnection implements DatabaseConnection {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const prepared = this.#statements.get(sql);
    const values = parameters as readonly SQLInputValue[];
    if (prepared.givesRows) return { rows: rowsOf(prepared, values) as R[] };
    const { changes } = prepared.statement.run(...values);
    return { rows: [], numAffectedRows: BigInt(changes) };
  }

  // biome-ignore lint/correctness/useYield: part of the interface; nothing here streams.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('rows are read from SQLite in pages');
  }
}

/** One connection for all: whoever has it holds back the others, so that nobody sees half a transaction. */
class SqliteDriver implements Driver {
  readonly #db: DatabaseSync;
  readonly #connection: SqliteConnection;
  #waiting: Promise<void> = Promise.resolve();
  #release: () => void = () => {};

  constructor(db: DatabaseSync, statements: Statements) {
    this.#db = db;
    this.#connection = new SqliteConnection(statements);
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#waiting;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting = before.then(() => promise);
    await before;
    this.#release = resolve;
    return this.#connection;
  }

  async releaseConnection(): Promise<void> {
    this.#release();
  }

  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('BEGIN IMMEDIATE'));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('COMMIT'));
  }

  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    // A full disk ends the transaction by itself.
    if (this.#db.isTransaction) await connection.executeQuery(CompiledQuery.raw('ROLLBACK'));
  }

  async destroy(): Promise<void> {
    if (this.#db.isOpen) this.#db.close();
  }
}

/** Kysely on Node's own SQLite. The database is closed with the Kysely instance. */
export function sqliteDialect(db: DatabaseSync, statements: Statements): Dialect {
  return {
    createDriver: () => new SqliteDriver(db, statements),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (kysely) => new SqliteIntrospector(kysely),
  };
}
