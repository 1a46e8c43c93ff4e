import { cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { sql, type Transaction } from 'kysely';
import { syncFolder } from '../files/replace-file.ts';
import { CodedError } from '../model/errors.ts';
import type { Digest } from '../model/inventory.ts';
import { checkLog } from '../tlog/check.ts';
import { leafHash } from '../tlog/hash.ts';
import type { Log } from '../tlog/log.ts';
import { parseVkey } from '../tlog/note.ts';
import { fileStorage } from '../tlog/storage/files.ts';
import { removeUnpublished } from '../tlog/unpublished.ts';
import { pendingEntries } from './all-entries.ts';
import { type Appended, appendIn, lockedState } from './append-in.ts';
import { columns } from './database/columns.ts';
import type { Database } from './database/database.ts';
import { migrateIn } from './database/migrate.ts';
import type { LedgerRow, Tables } from './database/tables.ts';
import { decodeEntry } from './encode-entry.ts';
import type { Ledger } from './ledger.ts';
import { type LedgerOptions, openLedger } from './open-ledger.ts';
import type { LedgerParts } from './parts.ts';
import { checkAgreement, checkOrigin, openLogFiles } from './publish.ts';
import { putJson } from './record/text.ts';
import { type LostRows, lostRows } from './repair/lost-rows.ts';
import { missingDocuments } from './repair/missing-documents.ts';
import { applyEntries, replay } from './replay.ts';

/** What was found, done and lost: the document that a `repaired` entry names. */
export interface RepairDocument {
  readonly schema: 'kvitto-repair-1';
  readonly found: 'log-ahead' | 'log-behind';
  readonly log: { readonly size: number; readonly root: string };
  /** What the database knew. `publishedRoot` (hex): the last root that it had seen of the log. */
  readonly database: { readonly size: number; readonly publishedSize: number; readonly publishedRoot: string };
  /** Entries that the database lacked, and has now. */
  readonly broughtBack: number;
  /** Entries that are gone: from the first up to, without, `to`; null where none are. */
  readonly lost: { readonly from: number; readonly to: number } | null;
  /** Rows that the lost entries had left, as far as the log does not say so. */
  readonly rows: LostRows | null;
  /** Lost entries of which the database still had the words, at the indexes that they had. */
  readonly entries: readonly { readonly index: number; readonly entry: unknown }[];
  /** Where what was there before is kept: a file, a folder or a schema. */
  readonly kept: readonly string[];
  readonly missingDocuments: readonly Digest[];
}

export interface Repaired {
  /** Null: database and log agreed, and nothing was done. */
  readonly document: RepairDocument | null;
  readonly appended: Appended | null;
  /** Documents that entries name and that are neither there nor redacted. */
  readonly missingDocuments: readonly Digest[];
}

type Options = Omit<LedgerOptions, 'mode' | 'unchecked'>;

/**
 * Brings a ledger together whose database and log do not belong to the same moment, as after one of them was restored from a
 * backup. Where the log is ahead, the database gets what it lacks. Where it is behind, the tables are built again from the log,
 * and what they knew beyond it goes into a document. Either way a `repaired` entry says so, and what was there before is kept
 * aside. Does nothing where they agree, whatever else may be wrong: that is for `verify`.
 *
 * Throws `ledger-inconsistent` where the log itself is damaged or of another ledger, and `document-missing` where a document is
 * gone without which the tables cannot be built.
 */
export async function repair(options: Options, actor: string): Promise<Repaired> {
  const ledger = await openLedger({ ...options, mode: 'write', unchecked: true });
  try {
    const repaired = await ledger.locked(() => repairLocked(ledger, actor));
    if (repaired.document === null) return repaired;
  } finally {
    await ledger.close();
  }
  // Opened again as everybody does: what comes out must pass for a ledger.
  const again = await openLedger({ ...options, mode: 'write' });
  try {
    await again.publish();
    return await lastRepair(again);
  } finally {
    await again.close();
  }
}

/** The repair that the last entry tells of. */
async function lastRepair(ledger: Ledger): Promise<Repaired> {
  const log = await openLogFiles(ledger.parts);
  for (let index = log.size - 1; index >= 0; index--) {
    const entry = decodeEntry(await log.entry(index), index);
    if (entry.kind !== 'repaired') continue;
    const document: RepairDocument = JSON.parse(Buffer.from(await ledger.documents.get(entry.report)).toString());
    const recorded = Date.parse(entry.recorded);
    const appended = { first: index, count: 1, recorded, clockBehindMs: 0 };
    return { document, appended, missingDocuments: document.missingDocuments };
  }
  throw new TypeError('a repair without its entry');
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

interface Case {
  readonly parts: LedgerParts;
  readonly log: Log;
  readonly state: LedgerRow;
  readonly actor: string;
  readonly missing: readonly Digest[];
}

async function repairLocked({ parts }: Ledger, actor: string): Promise<Repaired> {
  const log = await openLogFiles(parts);
  const state = await parts.database.kysely.selectFrom('ledger').selectAll().executeTakeFirstOrThrow();
  checkOrigin(parts, state);
  await checkWhole(parts);
  const missing = await missingDocuments(parts, log);
  const found = await compare(parts, log, state);
  if (found === 'agree') return { document: null, appended: null, missingDocuments: missing.all };
  const [first] = missing.needed;
  if (first !== undefined) {
    throw new CodedError(
      'document-missing',
      `${missing.needed.length} documents that the tables are built from are missing; the first is ${first} ` +
        `(${parts.documents.placeOf(first)}), named by entry ${missing.firstEntry}`,
      { remedy: 'restore the folder "documents" from a backup first; files that are there already may stay' },
    );
  }
  const it: Case = { parts, log, state, actor, missing: missing.all };
  const document = found === 'log-ahead' ? await bringBack(it) : await rebuild(it);
  return { document, appended: null, missingDocuments: missing.all };
}

/** The log is what everything else is built from: it must be whole. */
async function checkWhole({ paths, keys, origin }: LedgerParts): Promise<void> {
  const { faults } = await checkLog(fileStorage(paths.log), { verifiers: keys.map(parseVkey), origin });
  const [fault] = faults;
  if (fault === undefined) return;
  // Before the first publish there is nothing that could be damaged.
  if (faults.length === 1 && fault.kind === 'missing' && !existsSync(paths.log)) return;
  throw new CodedError(
    'ledger-inconsistent',
    `the log in ${paths.folder} is damaged in ${faults.length} places; the first is ${fault.place}: ${fault.message}`,
    {
      remedy:
        'nothing was changed. Restore the folder "log" from a backup, an older one at worst, and run kvitto repair again',
    },
  );
}

async function compare(parts: LedgerParts, log: Log, state: LedgerRow): Promise<'agree' | 'log-ahead' | 'log-behind'> {
  const { size, published_size: published } = state;
  const known = Math.min(log.size, size);
  try {
    await checkAgreement(parts, log, state);
    return 'agree';
  } catch (thrown) {
    if (!(thrown instanceof CodedError) || thrown.code !== 'ledger-inconsistent') throw thrown;
  }
  if (log.size <= size) return 'log-behind';
  if (published > 0 && hex(await log.rootAt(published)) !== state.published_root) return 'log-behind';
  let at = published;
  for await (const bytes of pendingEntries(parts.database.kysely, published)) {
    if (at >= known) break;
    if (hex(leafHash(await log.entry(at))) !== hex(leafHash(bytes))) return 'log-behind';
    at += 1;
  }
  return at === known ? 'log-ahead' : 'log-behind';
}

function documentOf({ log, state, missing }: Case): Omit<RepairDocument, 'found'> {
  return {
    schema: 'kvitto-repair-1',
    log: { size: log.size, root: hex(log.root) },
    database: { size: state.size, publishedSize: state.published_size, publishedRoot: state.published_root },
    broughtBack: 0,
    lost: null,
    rows: null,
    entries: [],
    kept: [],
    missingDocuments: missing,
  };
}

/** Ticks off what is in the log, and writes the entry that tells of the repair. */
async function finish(tx: Transaction<Tables>, it: Case, document: RepairDocument): Promise<void> {
  const { parts, log, actor } = it;
  await tx.deleteFrom('pending').where('id', '<', log.size).execute();
  await tx
    .updateTable('ledger')
    .set({ published_size: log.size, published_root: hex(log.root) })
    .execute();
  const report = await putJson(parts.documents, document);
  await appendIn(tx, parts, async () => [{ actor, fact: { kind: 'repaired', found: document.found, report } }]);
}

function stampOf({ clock }: LedgerParts): string {
  return clock().toISOString().replace(/[-:]/g, '').replace(/\..*$/, '').toLowerCase();
}

/**
 * Tiles beyond the checkpoint stand in the way of other entries at their places. They are removed, and where there were any, the
 * log as it was is kept aside: gives its folder.
 */
async function clearUnpublished({ paths, keys, origin }: LedgerParts, stamp: string): Promise<string[]> {
  if (!existsSync(paths.log)) return [];
  const aside = `${paths.log}.before-repair-${stamp}`;
  cpSync(paths.log, aside, { recursive: true, errorOnExist: true, force: false });
  const removed = await removeUnpublished({ storage: fileStorage(paths.log), origin, verifiers: keys.map(parseVkey) });
  if (removed.length > 0) return [aside];
  rmSync(aside, { recursive: true });
  return [];
}

/** The log is ahead: what it has more is applied, in one transaction. */
async function bringBack(it: Case): Promise<RepairDocument> {
  const { parts, log, state } = it;
  const broughtBack = log.size - state.size;
  const kept = await clearUnpublished(parts, stampOf(parts));
  const document: RepairDocument = { ...documentOf(it), found: 'log-ahead', broughtBack, kept };
  await parts.database.kysely.transaction().execute(async (tx) => {
    const now = await lockedState(parts.database, tx);
    if (now.size !== state.size) throw moved(parts);
    await applyEntries(parts, log.entries(state.size, log.size), state.size, (work) => work(tx));
    await finish(tx, it, document);
  });
  return document;
}

function moved({ database }: LedgerParts): CodedError {
  return new CodedError('store-busy', `somebody wrote to ${database.place} during the repair`, {
    remedy: 'end all processes of Kvitto that use it, and run kvitto repair again',
  });
}

/** The log is behind, or another one: the tables are built again from it, and the former ones are kept aside. */
async function rebuild(it: Case): Promise<RepairDocument> {
  const { parts, log, state } = it;
  const { database, documents, paths } = parts;
  const stamp = stampOf(parts);
  const logAside = await clearUnpublished(parts, stamp);

  const entries: { index: number; entry: unknown }[] = [];
  let index = state.published_size;
  for await (const bytes of pendingEntries(database.kysely, 0)) {
    entries.push({ index, entry: decodeEntry(bytes, index) });
    index += 1;
  }
  const file = `${paths.database}.rebuilt-${stamp}`;
  const fresh = await replay({ entries: log.entries(0, log.size), documents, file });
  const tablesAside =
    database.kind === 'sqlite' ? `${paths.database}.before-repair-${stamp}` : `before_repair_${stamp}`;
  const document: RepairDocument = {
    ...documentOf(it),
    found: 'log-behind',
    lost: state.size > log.size ? { from: log.size, to: state.size } : null,
    rows: await lostRows(database, fresh),
    entries,
    kept: [...logAside, tablesAside],
  };
  if (database.kind === 'sqlite') {
    const people = await database.kysely.selectFrom('person').selectAll().execute();
    await fresh.kysely.transaction().execute(async (tx) => {
      for (const person of people) await tx.insertInto('person').values(person).execute();
      await finish(tx, { ...it, parts: { ...parts, database: fresh } }, document);
    });
    await sealed(fresh);
    await sealed(database);
    // Killed between the two, the next repair finds no database, and builds it again from the log.
    renameSync(paths.database, tablesAside);
    renameSync(file, paths.database);
    syncFolder(paths.folder);
    return document;
  }
  await fresh.close();
  await database.kysely.transaction().execute(async (tx) => {
    const now = await lockedState(database, tx);
    if (now.size !== state.size) throw moved(parts);
    const schema = sql.id(tablesAside);
    await sql`CREATE SCHEMA ${schema}`.execute(tx);
    for (const table of Object.keys(columns))
      await sql`ALTER TABLE ${sql.table(table)} SET SCHEMA ${schema}`.execute(tx);
    await migrateIn(tx, database, parts.clock());
    await sql`INSERT INTO person SELECT * FROM ${schema}.person`.execute(tx);
    await applyEntries(parts, log.entries(0, log.size), 0, (work) => work(tx));
    await finish(tx, it, document);
  });
  removeDatabase(file);
  return document;
}

/** Closes a database so that all of it is in its one file. */
async function sealed(database: Database): Promise<void> {
  await sql`PRAGMA wal_checkpoint(TRUNCATE)`.execute(database.kysely);
  await database.close();
}

function removeDatabase(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
}
