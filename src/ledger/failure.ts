import { sql } from 'kysely';
import { writeFailure } from '../files/write-failure.ts';
import { CodedError, messageOf } from '../model/errors.ts';
import { LogError, type LogErrorCode } from '../tlog/errors.ts';
import type { Database } from './database/database.ts';

const sqlite = { error: 1, busy: 5, damaged: [11, 26] };
/** Tables that are not those of a ledger: SQLite has one code for these and for statements that are wrong. */
const sqliteForeign = /^(?:no such (?:table|column): |(?:table|index) .* already exists|table .* has no column )/;

/** https://www.postgresql.org/docs/15/errcodes-appendix.html */
const postgres = {
  full: ['53100', '58030'],
  lockTimeout: '55P03',
  forbidden: ['42501', '25006'],
  damaged: ['XX001', 'XX002'],
  foreign: ['42P01', '42P07', '42703', '3F000'],
  lost: ['08000', '08003', '08006', '57P01', '57P02', '57P03', 'ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT'],
};

const logCodes: Partial<Record<LogErrorCode, CodedError['code']>> = {
  unreadable: 'ledger-unreadable',
  malformed: 'ledger-inconsistent',
  'not-a-log': 'ledger-inconsistent',
  inconsistent: 'ledger-inconsistent',
  signature: 'ledger-inconsistent',
  immutable: 'ledger-inconsistent',
  proof: 'ledger-inconsistent',
};

const isKeyFile = ({ place }: LogError) => place?.endsWith('.key') === true;

/** A failure for what the log's files threw. */
function logFailure(folder: string, thrown: LogError): unknown {
  if (thrown.code === 'write-failed') return writeFailure(folder, thrown.cause) ?? thrown;
  const code = logCodes[thrown.code];
  if (code === undefined) return thrown;
  return new CodedError(code, `the log in ${folder}: ${thrown.message}`, {
    remedy: isKeyFile(thrown)
      ? 'nothing was written. Let this user alone read that file, or restore it from a backup'
      : 'nothing was written. kvitto verify --ledger says what is wrong; restore the folder from a backup',
    cause: thrown,
  });
}

/** Who holds back others in a database of PostgreSQL, as its connection names itself. */
async function writerOf(database: Database): Promise<string> {
  try {
    const { rows } = await sql<{ name: string }>`SELECT a.application_name AS name FROM pg_stat_activity a
      WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.xact_start IS NOT NULL
        AND a.backend_type = 'client backend' AND a.wait_event_type IS DISTINCT FROM 'Lock'
      ORDER BY a.xact_start LIMIT 1`.execute(database.kysely);
    return rows[0]?.name ?? 'another process';
  } catch {
    return 'another process';
  }
}

/** What to throw in the place of `thrown`, which work on a ledger ended with. Bugs stay as they are. */
export async function ledgerFailure(database: Database, folder: string, thrown: unknown): Promise<unknown> {
  if (thrown instanceof LogError) return logFailure(folder, thrown);
  if (!(thrown instanceof Error) || thrown instanceof CodedError) return thrown;
  return database.kind === 'sqlite' ? sqliteFailure(database, thrown) : await postgresFailure(database, thrown);
}

function sqliteFailure({ place }: Database, thrown: Error): unknown {
  const result = 'errcode' in thrown ? Number(thrown.errcode) & 0xff : 0;
  if (result === sqlite.busy) {
    return new CodedError('store-busy', `${place} is being written by another process`, {
      remedy: 'wait until it is done, or end that process',
      cause: thrown,
    });
  }
  if (sqlite.damaged.includes(result)) return damaged(place, thrown);
  if (result === sqlite.error && sqliteForeign.test(thrown.message)) return foreign(place, thrown);
  return writeFailure(place, thrown, {
    unwritable: 'let this user write there, or name another folder with --ledger',
    full: 'nothing was recorded. Free some space there and do it again',
  });
}

function foreign(place: string, thrown: Error): CodedError {
  return new CodedError('ledger-unreadable', `${place} has not the tables of a ledger: ${messageOf(thrown)}`, {
    remedy:
      'it belongs to something else, or was altered: name another folder or database, or restore it from a backup',
    cause: thrown,
  });
}

function damaged(place: string, thrown: Error): CodedError {
  return new CodedError('ledger-unreadable', `${place} is damaged: ${messageOf(thrown)}`, {
    remedy: 'restore it from a backup; kvitto repair then brings back what the log holds beyond it',
    cause: thrown,
  });
}

async function postgresFailure(database: Database, thrown: Error): Promise<unknown> {
  const { place } = database;
  const code = 'code' in thrown ? String(thrown.code) : '';
  if (postgres.full.includes(code)) {
    return new CodedError('disk-full', `writing ${place} failed: ${messageOf(thrown)}`, {
      remedy: 'nothing was recorded. Free some space on the server and do it again',
      cause: thrown,
    });
  }
  if (code === postgres.lockTimeout) {
    return new CodedError('store-busy', `the ledger is being changed by ${await writerOf(database)}`, {
      remedy: 'wait until it is done, or end that process',
      cause: thrown,
    });
  }
  if (postgres.forbidden.includes(code)) {
    return new CodedError('output-unwritable', `${place} cannot be written: ${messageOf(thrown)}`, {
      remedy: 'let the user of DATABASE_URL write there; a standby only reads',
      cause: thrown,
    });
  }
  if (postgres.damaged.includes(code)) return damaged(place, thrown);
  if (postgres.foreign.includes(code)) return foreign(place, thrown);
  if (postgres.lost.includes(code) || /^(?:Connection terminated|Client has encountered)/.test(thrown.message)) {
    return new CodedError('ledger-unreadable', `the connection to ${place} was lost: ${messageOf(thrown)}`, {
      remedy: 'whether the last change was recorded is not known: look (kvitto history SERVICE), then do it again',
      cause: thrown,
    });
  }
  return thrown;
}
