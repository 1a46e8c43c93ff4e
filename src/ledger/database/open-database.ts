import { chmodSync, existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { Kysely, PostgresDialect } from 'kysely';
import type { CustomTypesConfig, Pool } from 'pg';
import { CodedError, messageOf } from '../../model/errors.ts';
import type { Database } from './database.ts';
import { insertIntoPostgres, insertIntoSqlite } from './insert-rows.ts';
import { sqliteDialect } from './sqlite-dialect.ts';
import type { Tables } from './tables.ts';

const busyTimeoutMs = 10_000;

/** Opens or makes the SQLite file of a ledger; `:memory:` for one that lives as long as its process. */
export function openSqlite(file: string): Database {
  const fresh = file !== ':memory:' && !existsSync(file);
  let db: DatabaseSync;
  try {
    db = new DatabaseSync(file);
    // FULL: a commit that was answered outlives a loss of power.
    db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
      PRAGMA foreign_keys = ON; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY`);
    if (fresh) chmodSync(file, 0o600);
  } catch (thrown) {
    throw unreadable(file, thrown, 'name another folder with --ledger, or restore this one from a backup');
  }
  const kysely = new Kysely<Tables>({ dialect: sqliteDialect(db) });
  return { kind: 'sqlite', place: file, kysely, insertRows: insertIntoSqlite, close: () => kysely.destroy() };
}

/** The address of a database without its password. */
function placeOf(url: string): string {
  try {
    const parsed = new URL(url);
    return `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
  } catch {
    return 'the database of DATABASE_URL';
  }
}

/** Connects to PostgreSQL. Its tables are looked for in the schema that the connection's `search_path` names first. */
export async function openPostgres(url: string): Promise<Database> {
  const place = placeOf(url);
  const { default: pg } = await import('pg');
  // 20: int8. All whole numbers of the ledger fit into a double.
  const types = {
    getTypeParser: (id: number, format?: 'text' | 'binary') =>
      id === 20 ? Number : pg.types.getTypeParser(id, format),
  };
  let pool: Pool;
  try {
    pool = new pg.Pool({
      connectionString: url,
      max: 4,
      types: types as CustomTypesConfig,
      connectionTimeoutMillis: busyTimeoutMs,
    });
    // An idle connection that the server ends is replaced at the next query.
    pool.on('error', () => {});
    (await pool.connect()).release();
  } catch (thrown) {
    throw unreadable(place, thrown, 'check DATABASE_URL (postgresql://user@host:5432/name) and that the server runs');
  }
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return { kind: 'postgres', place, kysely, insertRows: insertIntoPostgres, close: () => kysely.destroy() };
}

function unreadable(place: string, thrown: unknown, remedy: string): CodedError {
  return new CodedError('ledger-unreadable', `the ledger's database ${place} cannot be opened: ${messageOf(thrown)}`, {
    remedy,
    cause: thrown,
  });
}
