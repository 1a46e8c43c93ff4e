import { hash, randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { withFolderLock } from '../files/lock.ts';
import { makeFolder } from '../files/make-folder.ts';
import { writeWhole } from '../files/write-whole.ts';
import { CodedError, messageOf } from '../model/errors.ts';
import { formatVkey } from '../tlog/note.ts';
import { makeKeyFile, openKeyFile, type Signer } from '../tlog/signer.ts';
import type { Database } from './database/database.ts';
import { hasTables, isMigrated, migrate } from './database/migrate.ts';
import { openPostgres, openSqlite } from './database/open-database.ts';
import { fileDocuments } from './documents.ts';
import { ledgerFailure } from './failure.ts';
import { ledgerPaths } from './folder.ts';

import { nextKeyPath, readPublicKeys, settleRotation } from './keys.ts';
import { Ledger } from './ledger.ts';
import type { LedgerParts } from './parts.ts';
import { lastRotation, openAgreeing } from './publish.ts';

export interface LedgerOptions {
  /** The ledger's folder. */
  readonly folder: string;
  /** PostgreSQL; null: SQLite in the folder. */
  readonly databaseUrl: string | null;
  readonly clock: () => Date;
  readonly tool: string;
  /** Who opens it, for the message that another writer gets. */
  readonly name: string;
  readonly waitMs: number;
  /** `create`: write, and make it where there is none. `write`: it must be there. `read`: nothing is changed. */
  readonly mode: 'create' | 'write' | 'read';
  /** Leave out holding the log's files against the database: for those who repair or verify. */
  readonly unchecked?: boolean;
}

/**
 * Opens a ledger. Throws `ledger-missing` where there is none and none is to be made, `ledger-unreadable`, and
 * `ledger-inconsistent` where database and log do not belong together.
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { folder, clock, tool, name, waitMs, mode } = options;
  const paths = ledgerPaths(folder);
  if (mode !== 'create' && !existsSync(paths.publicKeys)) {
    throw new CodedError('ledger-missing', `there is no ledger in ${folder}`, {
      remedy: 'record something first (kvitto record IMAGE), or name the folder with --ledger DIR',
    });
  }
  if (mode === 'create') await prepareFolder(paths, options);
  const database = await openDatabase(paths, options);
  try {
    await prepareTables(database, paths, options);
    const origin = (readPublicKeys(paths)[0] ?? '').split('+')[0] ?? '';
    // As good as never there: only a rotation that goes on, or was cut off, leaves one.
    if (mode !== 'read' && existsSync(nextKeyPath(paths))) {
      const settle = () => settleRotation(paths, origin, () => lastRotation({ database, paths, origin }));
      await withFolderLock(folder, { what: 'the ledger', name, now: clock(), waitMs }, settle);
    }
    const keys = readPublicKeys(paths);
    const signer = mode === 'read' ? null : await openKeyFile(paths.key, origin);
    const parts: LedgerParts = {
      database,
      documents: fileDocuments(paths.documents),
      paths,
      origin,
      keys,
      signer,
      clock,
      tool,
      name,
      waitMs,
    };
    const ledger = new Ledger(parts);
    if (options.unchecked === true) return ledger;
    const { log, state } = await openAgreeing(parts);
    if (signer !== null && state.size === 0 && log.size === 0) await begin(new Ledger(parts), signer);
    return ledger;
  } catch (thrown) {
    const failure = await ledgerFailure(database, folder, thrown);
    await database.close();
    throw failure;
  }
}

async function openDatabase(
  paths: Paths,
  { databaseUrl, mode, name, waitMs, unchecked = false }: LedgerOptions,
): Promise<Database> {
  if (databaseUrl !== null) return await openPostgres(databaseUrl, { name, waitMs });
  if (mode === 'read' && !existsSync(paths.database)) throw withoutDatabase(paths, paths.database);
  if (!unchecked && begun(paths) && isEmpty(paths.database)) throw withoutDatabase(paths, paths.database);
  return openSqlite(paths.database);
}

/** Whether the log's files hold entries: then there must be a database that knows of them. */
function begun(paths: Paths): boolean {
  return existsSync(path.join(paths.log, 'checkpoint'));
}

/** SQLite takes a file without a byte for a database without tables. */
function isEmpty(file: string): boolean {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined || (found.isFile() && found.size === 0);
}

function withoutDatabase({ folder }: Paths, place: string): CodedError {
  return new CodedError('ledger-inconsistent', `the ledger in ${folder} has no database (${place})`, {
    remedy: 'if it is in PostgreSQL, set DATABASE_URL; if it was lost, restore it from a backup, or run: kvitto repair',
  });
}

/** Tables in the present form. One process at a time where they are to be changed. */
async function prepareTables(
  database: Database,
  paths: Paths,
  { mode, clock, name, waitMs, unchecked = false }: LedgerOptions,
) {
  if (await isMigrated(database)) return;
  if (!unchecked && begun(paths) && !(await hasTables(database))) throw withoutDatabase(paths, database.place);
  if (mode === 'read') {
    throw new CodedError('ledger-unreadable', `${database.place} is not in the form of this version of Kvitto`, {
      remedy: 'let any command that records run once, or set DATABASE_URL to the ledger’s database',
    });
  }
  const lock = { what: 'the ledger', name, now: clock(), waitMs };
  await withFolderLock(paths.folder, lock, () => migrate(database, clock()));
}

type Paths = ReturnType<typeof ledgerPaths>;

/** Makes folder and key. A process that was killed in between leaves what the next one takes up. */
async function prepareFolder(paths: Paths, { clock, name, waitMs }: LedgerOptions): Promise<void> {
  if (existsSync(paths.publicKeys)) return;
  await withFolderLock(paths.folder, { what: 'the ledger', name, now: clock(), waitMs }, async () => {
    if (existsSync(paths.publicKeys)) return;
    // Another key in the place of one that was lost would make a second ledger in the folder of the first.
    if (begun(paths) || existsSync(paths.database)) {
      throw new CodedError('ledger-inconsistent', `the ledger in ${paths.folder} has no public keys`, {
        remedy: `restore ${paths.publicKeys} from a backup, or from keys/log.pub of any pack; or name another folder with --ledger`,
      });
    }
    try {
      for (const each of [paths.documents, paths.log, paths.keys]) makeFolder(each);
    } catch (thrown) {
      throw new CodedError('output-unwritable', `${paths.folder} cannot be made: ${messageOf(thrown)}`, {
        remedy: 'name a folder that may be written to with --ledger DIR',
        cause: thrown,
      });
    }
    // The name of the log says nothing about who runs it or where.
    const origin = `kvitto.invalid/ledger/${hash('sha256', randomBytes(32), 'hex').slice(0, 16)}`;
    if (!existsSync(paths.key)) await makeKeyFile(paths.key, origin);
    const signer = await openKeyFile(paths.key, origin);
    writeWhole(paths.publicKeys, `${formatVkey(signer)}\n`, { mode: 0o644 });
  });
}

/** The first entry, where there is none: the ledger's name and key. */
async function begin(ledger: Ledger, signer: Signer): Promise<void> {
  const { origin } = ledger.parts;
  const key = formatVkey(signer);
  await ledger.append('kvitto', async ({ index }) => (index > 0 ? [] : [{ kind: 'ledger-created', origin, key }]));
}
