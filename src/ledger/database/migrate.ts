import { hash } from 'node:crypto';
import { sql, type Transaction } from 'kysely';
import { CodedError } from '../../model/errors.ts';
import type { Database, Reader } from './database.ts';
import { allMigrations, type Migration } from './migrations/list.ts';
import type { Tables } from './tables.ts';
import type { MigrationRow } from './work-rows.ts';

const notation = {
  sqlite: {
    KEY: 'INTEGER PRIMARY KEY',
    BYTES: 'BLOB',
    CLUSTERED: 'WITHOUT ROWID',
    TEXT: 'TEXT',
    ORDINAL: 'INTEGER PRIMARY KEY',
  },
  postgres: {
    KEY: 'BIGINT PRIMARY KEY',
    BYTES: 'BYTEA',
    CLUSTERED: '',
    TEXT: 'TEXT COLLATE "C"',
    ORDINAL: 'BIGINT NOT NULL',
  },
} as const;

const postgresOnly = 'POSTGRES ';

/** The statements of a migration in the notation of one database. */
function statementsOf(text: string, kind: Database['kind']): string[] {
  return text
    .replace(/ CLUSTERING(\([^)]*\))/g, kind === 'sqlite' ? ', PRIMARY KEY $1' : '')
    .replace(/\b(?:KEY(?<!PRIMARY KEY)|BYTES|CLUSTERED|TEXT|ORDINAL)\b/g, (word) => notation[kind][word as 'KEY'])
    .split(/;\n/)
    .map((s) => s.trim())
    .filter((s) => s !== '' && (kind === 'postgres' || !s.startsWith(postgresOnly)))
    .map((s) => s.replace(postgresOnly, ''));
}

function hashOf(text: string): string {
  return hash('sha256', text, 'hex');
}

/** What was applied; none where there is not even the table that says so. */
async function applied({ kind }: Database, reader: Reader): Promise<MigrationRow[]> {
  const { rows } =
    kind === 'sqlite'
      ? await sql`SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migration'`.execute(reader)
      : await sql`SELECT 1 FROM pg_catalog.pg_class WHERE oid = to_regclass('migration')`.execute(reader);
  if (rows.length === 0) return [];
  return await reader.selectFrom('migration').selectAll().orderBy('id').execute();
}

/** Holds what was applied against what is known here. The migrations that are still to come. */
function missing(place: string, done: readonly MigrationRow[], all: readonly Migration[]): readonly Migration[] {
  if (done.length > all.length) {
    throw new CodedError('ledger-unreadable', `${place} was written by a newer version of Kvitto`, {
      remedy: 'use that version, or a newer one',
    });
  }
  for (const [index, { name, hash: found }] of done.entries()) {
    const expected = all[index];
    if (expected !== undefined && name === expected.name && found === hashOf(expected.sql)) continue;
    throw new CodedError(
      'ledger-unreadable',
      `${place}: migration ${name} is not the one known here as ${expected?.name}`,
      {
        remedy: 'this is not a ledger of Kvitto, or its table "migration" was altered; restore it from a backup',
      },
    );
  }
  return all.slice(done.length);
}

/** Whether there are tables of a ledger in any form. */
export async function hasTables(database: Database): Promise<boolean> {
  return (await applied(database, database.kysely)).length > 0;
}

/** Whether the tables have the present form. Changes nothing. Throws as `migrate`. */
export async function isMigrated(database: Database, all: readonly Migration[] = allMigrations): Promise<boolean> {
  return missing(database.place, await applied(database, database.kysely), all).length === 0;
}

/**
 * Brings the tables to the present form: forward only, in one transaction, each step's text held against what was applied.
 * Throws `ledger-unreadable` for tables of a newer version, or of something else.
 */
export async function migrate(database: Database, now: Date, all: readonly Migration[] = allMigrations): Promise<void> {
  if (await isMigrated(database, all)) return;
  await database.kysely.transaction().execute((tx) => migrateIn(tx, database, now, all));
}

/** As `migrate`, in a transaction of the caller. */
export async function migrateIn(
  tx: Transaction<Tables>,
  database: Database,
  now: Date,
  all: readonly Migration[] = allMigrations,
): Promise<void> {
  // Two that begin at once: the second waits here, and finds it done.
  if (database.kind === 'postgres') await sql`SELECT pg_advisory_xact_lock(7526744101)`.execute(tx);
  const done = await applied(database, tx);
  const todo = missing(database.place, done, all);
  if (done.length === 0) {
    const table = 'CREATE TABLE migration (id KEY, name TEXT NOT NULL, hash TEXT NOT NULL, applied BIGINT NOT NULL)';
    for (const statement of statementsOf(table, database.kind)) await sql.raw(statement).execute(tx);
  }
  for (const [index, { name, sql: text }] of todo.entries()) {
    for (const statement of statementsOf(text, database.kind)) await sql.raw(statement).execute(tx);
    const row = { id: done.length + index + 1, name, hash: hashOf(text), applied: now.getTime() };
    await tx.insertInto('migration').values(row).execute();
  }
}
