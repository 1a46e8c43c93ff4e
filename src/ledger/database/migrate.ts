import { hash } from 'node:crypto';
import { sql, type Transaction } from 'kysely';
import { CodedError } from '../../model/errors.ts';
import type { Database } from './database.ts';
import { allMigrations } from './migrations/list.ts';
import type { Tables } from './tables.ts';

const notation = {
  sqlite: { KEY: 'INTEGER PRIMARY KEY', BYTES: 'BLOB', CLUSTERED: 'WITHOUT ROWID' },
  postgres: { KEY: 'BIGINT PRIMARY KEY', BYTES: 'BYTEA', CLUSTERED: '' },
} as const;

/** The statements of a migration in the notation of one database. */
function statementsOf(text: string, kind: Database['kind']): string[] {
  return text
    .replace(/\b(?:KEY(?<!PRIMARY KEY)|BYTES|CLUSTERED)\b/g, (word) => notation[kind][word as 'KEY'])
    .split(/;\n/)
    .map((s) => s.trim())
    .filter((s) => s !== '');
}

function hashOf(text: string): string {
  return hash('sha256', text, 'hex');
}

async function apply(tx: Transaction<Tables>, database: Database, now: Date): Promise<void> {
  // Two that begin at once: the second waits here, and finds it done.
  if (database.kind === 'postgres') await sql`SELECT pg_advisory_xact_lock(7_526_744_101)`.execute(tx);
  await sql`CREATE TABLE IF NOT EXISTS migration (id BIGINT PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL, applied BIGINT NOT NULL)`.execute(
    tx,
  );
  const done = await tx.selectFrom('migration').selectAll().orderBy('id').execute();
  if (done.length > allMigrations.length) {
    throw new CodedError('ledger-unreadable', `${database.place} was written by a newer version of Kvitto`, {
      remedy: 'use that version, or a newer one',
    });
  }
  for (const [index, { name, sql: text }] of allMigrations.entries()) {
    const known = done[index];
    const expected = hashOf(text);
    if (known !== undefined) {
      if (known.name === name && known.hash === expected) continue;
      throw new CodedError(
        'ledger-unreadable',
        `${database.place}: migration ${known.name} is not the one known here as ${name}`,
        {
          remedy: 'this is not a ledger of Kvitto, or its table "migration" was altered; restore it from a backup',
        },
      );
    }
    for (const statement of statementsOf(text, database.kind)) await sql.raw(statement).execute(tx);
    const row = { id: index + 1, name, hash: expected, applied: now.getTime() };
    await tx.insertInto('migration').values(row).execute();
  }
}

/** Brings the tables to the present form: forward only, in one transaction, each step's text held against what was applied. */
export async function migrate(database: Database, now: Date): Promise<void> {
  await database.kysely.transaction().execute((tx) => apply(tx, database, now));
}
