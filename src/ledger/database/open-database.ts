import { chmodSync, existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { DatabaseSync } from 'node:sqlite';
import { Kysely } from 'kysely';
import type { CustomTypesConfig, Pool } from 'pg';
import { CodedError, messageOf } from '../../model/errors.ts';
import type { Database } from './database.ts';
import { postgresDialect } from './postgres-dialect.ts';
import { Statements, sqliteDialect } from './sqlite-dialect.ts';
import type { Tables } from './tables.ts';
import { writeToPostgres, writeToSqlite } from './write-rows.ts';

const busyTimeoutMs = 10_000;
const connectTimeoutMs = 10_000;

/** Opens or makes the SQLite file of a ledger; `:memory:` for one that lives as long as its process. */
export function openSqlite(file: string): Database {
  const fresh = file !== ':memory:' && !existsSync(file);
  let db: DatabaseSync | null = null;
  try {
    db = new DatabaseSync(file, { timeout: busyTimeoutMs });
    if (fresh) chmodSync(file, 0o600);
    // FULL: a commit that was answered outlives a loss of power.
    db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;
      PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON`);
  } catch (thrown) {
    db?.close();
    throw unreadable(file, thrown, 'name another folder with --ledger, or restore this one from a backup');
  }
  const statements = new Statements(db);
  const kysely = new Kysely<Tables>({ dialect: sqliteDialect(db, statements) });
  const write: Database['write'] = async (_, batch) => writeToSqlite(statements, batch);
  return { kind: 'sqlite', place: file, kysely, write, close: () => kysely.destroy() };
}

const unnamed = 'of DATABASE_URL';

/** The address of a database without its user and password. */
function placeOf(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    // A password with a slash that was not escaped ends up here: what is not plainly host and name is not repeated.
    if (/^[\w.:[\]-]*$/.test(host) && /^\/?[\w.-]*$/.test(pathname)) return `${protocol}//${host}${pathname}`;
    return unnamed;
  } catch {
    return unnamed;
  }
}

export interface PostgresOptions {
  /** Who connects, for the message that another writer gets: `kvitto deploy`. */
  readonly name: string;
  /** How long a transaction waits for another writer, in milliseconds. */
  readonly waitMs: number;
}

/** Connects to PostgreSQL. Its tables are looked for in the schema that the connection's `search_path` names first. */
export async function openPostgres(url: string, { name, waitMs }: PostgresOptions): Promise<Database> {
  const place = placeOf(url);
  const { default: pg } = await import('pg');
  // 20: int8. All whole numbers of the ledger fit into a double.
  const types = {
    getTypeParser: (id: number, format?: 'text' | 'binary') =>
      id === 20 ? Number : pg.types.getTypeParser(id, format),
  };
  let pool: Pool | null = null;
  try {
    pool = new pg.Pool({
      connectionString: url,
      max: 4,
      types: types as CustomTypesConfig,
      connectionTimeoutMillis: connectTimeoutMs,
      // PostgreSQL keeps 63 bytes of it.
      application_name: `${name} (process ${process.pid} on ${hostname()})`.slice(0, 63),
    });
    // A connection that the server ends says so a second time, after its query has failed, or while nobody uses it.
    pool.on('error', () => {});
    pool.on('connect', (client) => client.on('error', () => {}));
    (await pool.connect()).release();
  } catch (thrown) {
    await pool?.end();
    throw unreadable(place, thrown, 'check DATABASE_URL (postgresql://user@host:5432/name) and that the server runs');
  }
  const kysely = new Kysely<Tables>({ dialect: postgresDialect(pool, waitMs) });
  return { kind: 'postgres', place, kysely, write: writeToPostgres, close: () => kysely.destroy() };
}

function unreadable(place: string, thrown: unknown, remedy: string): CodedError {
  return new CodedError('ledger-unreadable', `the ledger's database ${place} cannot be opened: ${messageOf(thrown)}`, {
    remedy,
    cause: thrown,
  });
}
