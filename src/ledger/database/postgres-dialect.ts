import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  type TransactionSettings,
} from 'kysely';
import type { Pool, PoolClient } from 'pg';

/** Statements that the server keeps parsed for one connection. What comes after these is parsed each time. */
const mostNamed = 200;

/** A connection on which each statement is parsed once. */
class PostgresConnection implements DatabaseConnection {
  readonly client: PoolClient;
  readonly #names = new Map<string, string>();

  constructor(client: PoolClient) {
    this.client = client;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    const { rows, rowCount } = await this.client.query({ ...this.#named(sql), values: [...parameters] });
    return { rows: rows as R[], ...(rowCount !== null && { numAffectedRows: BigInt(rowCount) }) };
  }

  /** Only what has parameters is worth a name; the rest is said in the simple form, which takes several statements at once. */
  #named(sql: string): { text: string; name?: string } {
    if (!sql.includes('$1')) return { text: sql };
    const known = this.#names.get(sql);
    if (known !== undefined) return { text: sql, name: known };
    if (this.#names.size >= mostNamed) return { text: sql };
    const name = `kvitto_${this.#names.size}`;
    this.#names.set(sql, name);
    return { text: sql, name };
  }

  // biome-ignore lint/correctness/useYield: part of the interface; nothing here streams.
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new Error('rows are read from PostgreSQL in pages');
  }
}

class PostgresDriver implements Driver {
  readonly #pool: Pool;
  readonly #lockWaitMs: number;
  readonly #connections = new WeakMap<PoolClient, PostgresConnection>();
  readonly #broken = new WeakSet<DatabaseConnection>();

  constructor(pool: Pool, lockWaitMs: number) {
    this.#pool = pool;
    this.#lockWaitMs = lockWaitMs;
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PostgresConnection> {
    const client = await this.#pool.connect();
    const connection = this.#connections.get(client) ?? new PostgresConnection(client);
    this.#connections.set(client, connection);
    return connection;
  }

  async releaseConnection(connection: PostgresConnection): Promise<void> {
    connection.client.release(this.#broken.has(connection));
  }

  async beginTransaction(
    connection: PostgresConnection,
    { isolationLevel, accessMode }: TransactionSettings,
  ): Promise<void> {
    const begin = ['BEGIN', isolationLevel === undefined ? '' : `ISOLATION LEVEL ${isolationLevel}`, accessMode ?? ''];
    // Whoever waits for another writer is told after a while who that is. In one round trip with the beginning.
    const limit = `SET LOCAL lock_timeout = ${Math.max(1, Math.round(this.#lockWaitMs))}`;
    await connection.client.query(`${begin.join(' ').trim()}; ${limit}`);
  }

  async commitTransaction(connection: PostgresConnection): Promise<void> {
    const { command } = await connection.client.query('COMMIT');
    // https://www.postgresql.org/docs/15/sql-commit.html: in a transaction that failed, COMMIT does what ROLLBACK does.
    if (command === 'ROLLBACK') throw new Error('PostgreSQL took back a transaction in which a statement had failed');
  }

  async rollbackTransaction(connection: PostgresConnection): Promise<void> {
    try {
      await connection.client.query('ROLLBACK');
    } catch {
      // The connection is gone, and its transaction with it. What went wrong first is what gets told.
      this.#broken.add(connection);
    }
  }

  async destroy(): Promise<void> {
    if (!this.#pool.ended) await this.#pool.end();
  }
}

/** Kysely on node-postgres, each statement parsed once. `lockWaitMs`: how long a transaction waits for another's lock. */
export function postgresDialect(pool: Pool, lockWaitMs: number): Dialect {
  return {
    createDriver: () => new PostgresDriver(pool, lockWaitMs),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (kysely) => new PostgresIntrospector(kysely),
  };
}
