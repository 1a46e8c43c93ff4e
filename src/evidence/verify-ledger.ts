import { existsSync, readFileSync } from 'node:fs';
import { sql } from 'kysely';
import { compareProjections, structureFaults } from '../ledger/compare.ts';
import type { Database } from '../ledger/database/database.ts';
import { documentsOf, type Entry } from '../ledger/fact.ts';
import { ledgerPaths } from '../ledger/folder.ts';
import { readPublicKeys } from '../ledger/keys.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type LedgerOptions, openLedger } from '../ledger/open-ledger.ts';
import { checkAgreement, openLogFiles } from '../ledger/publish.ts';
import { replay } from '../ledger/replay.ts';
import { CodedError } from '../model/errors.ts';
import type { Digest } from '../model/inventory.ts';
import { checkLog, type LogCheck } from '../tlog/check.ts';
import { LogError } from '../tlog/errors.ts';
import { type Log, openLog } from '../tlog/log.ts';
import { formatVkey, parseVkey } from '../tlog/note.ts';
import { openKeyFile } from '../tlog/signer.ts';
import { fileStorage } from '../tlog/storage/files.ts';
import { keysText } from './log-files.ts';
import { recheckMatches } from './recheck-matches.ts';
import { heldDecisions, heldKnowledge } from './shapes/documents.ts';
import { type HeldEntry, readEntry } from './shapes/entry.ts';
import { type Check, Checking, outcomeOf } from './verify/checks.ts';
import { checkKeyChain } from './verify/log-checks.ts';

type Paths = ReturnType<typeof ledgerPaths>;

export interface VerifyLedgerOptions {
  /** Leave out working the matches out again. */
  readonly quick: boolean;
  /** A file for tables that are larger than the memory; null: in memory. */
  readonly file: string | null;
}

/** What a ledger turned out to be. */
export interface LedgerVerdict {
  readonly outcome: Check['outcome'];
  readonly checks: readonly Check[];
  /** Documents that no entry names: what a process that was killed left. Not a fault. */
  readonly unreferenced: readonly Digest[];
  /** Tiles beyond the checkpoint: a publish that was not finished. Not a fault. */
  readonly unpublished: readonly string[];
  readonly entries: number;
}

const logSays = 'every entry, tile and hash of the log leads to its signed state';

/** The files of the log against the keys of the folder. Null for the log where it cannot be relied upon. */
async function checkLogFiles(
  paths: Paths,
): Promise<{ check: Check; keys: string[]; found: LogCheck | null; log: Log | null }> {
  const check = new Checking('log', logSays);
  const keys = (await check.attempt('keys/log.pub', () => readPublicKeys(paths))) ?? [];
  const verifiers = await check.attempt('keys/log.pub', () => keys.map(parseVkey));
  const origin = verifiers?.at(-1)?.name;
  if (verifiers === null || origin === undefined) {
    if (!check.failed) check.fault('keys/log.pub', 'there is no key');
    return { check: check.done(), keys, found: null, log: null };
  }
  if (keysText(keys) !== readFileSync(paths.publicKeys, 'utf8')) {
    check.fault('keys/log.pub', 'is not as it is written');
  }
  const storage = fileStorage(paths.log);
  const found = await check.attempt('log', () => checkLog(storage, { verifiers, origin }));
  check.looked(found?.size ?? 0);
  for (const { place, message } of found?.faults ?? []) check.fault(`log/${place}`, message);
  const log = check.failed ? null : await check.attempt('log', () => openLog({ storage, origin, verifiers }));
  return { check: check.done(), keys, found, log };
}

/** That the private key, where this process may read it, is the one that the log's public key belongs to. */
async function checkPrivateKey(paths: Paths, keys: readonly string[]): Promise<Check> {
  const check = new Checking('private-key', 'the private key is the one of the log');
  if (!existsSync(paths.key)) return check.done();
  const last = keys.at(-1) ?? '';
  try {
    check.looked();
    const signer = await openKeyFile(paths.key, last.split('+')[0] ?? '');
    if (formatVkey(signer) !== last) check.fault('keys/log.key', 'is not the key that keys/log.pub names');
  } catch (thrown) {
    if (!(thrown instanceof LogError)) throw thrown;
    // An auditor need not be able to read it.
    if (thrown.code !== 'unreadable') check.fault('keys/log.key', thrown.message);
  }
  return check.done();
}

/**
 * As `verifyLedger`, for a folder whose database may not even open: then that is the fault, and the log is checked all the same.
 * Throws `ledger-missing`.
 */
export async function verifyLedgerFolder(
  open: Omit<LedgerOptions, 'mode' | 'unchecked'>,
  options: VerifyLedgerOptions,
): Promise<LedgerVerdict> {
  let ledger: Ledger;
  try {
    ledger = await openLedger({ ...open, mode: 'read', unchecked: true });
  } catch (thrown) {
    if (!(thrown instanceof CodedError) || thrown.code === 'ledger-missing') throw thrown;
    const { check, found } = await checkLogFiles(ledgerPaths(open.folder));
    const database = new Checking('database', 'the database opens');
    database.fault(open.databaseUrl === null ? 'ledger.db' : 'the database', thrown.message);
    const { unpublished = [], size = null } = found ?? {};
    return { outcome: 'fail', checks: [check, database.done()], unreferenced: [], unpublished, entries: size ?? 0 };
  }
  try {
    return await verifyLedger(ledger, options);
  } finally {
    await ledger.close();
  }
}

/**
 * Verifies a ledger, which was opened for reading and unchecked: the log's files, that the database belongs to them, every
 * document, the keys, every row of every table against what the log gives, and every match against its advisory records.
 */
export async function verifyLedger(ledger: Ledger, { quick, file }: VerifyLedgerOptions): Promise<LedgerVerdict> {
  const { parts } = ledger;
  const { check, keys, found, log } = await checkLogFiles(parts.paths);
  const checks = [check, await checkPrivateKey(parts.paths, keys)];
  const unpublished = found?.unpublished ?? [];
  if (log === null) return { outcome: 'fail', checks, unreferenced: [], unpublished, entries: found?.size ?? 0 };
  checks.push(await checkDatabase(ledger, keys, log));
  const { check: readable, entries } = await readAll(log);
  checks.push(readable, await checkKeyChain(entries, keys, parts.origin));
  const { check: documents, unreferenced, missing } = await checkAllDocuments(ledger, entries);
  checks.push(documents);
  checks.push(await checkTables(ledger, log, missing || readable.outcome === 'fail', file));
  if (!quick) checks.push(await checkAllMatches(ledger, entries));
  return { outcome: outcomeOf(checks), checks, unreferenced, unpublished, entries: log.size };
}

async function checkDatabase(ledger: Ledger, keys: readonly string[], log: Log): Promise<Check> {
  const check = new Checking('agreement', 'the database belongs to the log, and neither lacks what the other has');
  check.looked();
  const { database } = ledger.parts;
  await check.attempt(database.place, async () => {
    const state = await ledger.state();
    await checkAgreement(ledger.parts, await openLogFiles({ ...ledger.parts, keys }), state);
    const last = log.size === 0 ? null : readEntry(await log.entry(log.size - 1), log.size - 1).entry;
    const behind = state.size === log.size && last !== null && Date.parse(last.recorded) !== state.last_recorded;
    if (behind) check.fault(`${database.place} table ledger, last_recorded`, `is not ${last.recorded}`);
  });
  return check.done();
}

async function readAll(log: Log): Promise<{ check: Check; entries: HeldEntry[] }> {
  const check = new Checking(
    'entries',
    'every entry is one of a ledger, and none was recorded before the one before it',
  );
  const entries: HeldEntry[] = [];
  let [index, recorded] = [0, ''];
  for await (const bytes of log.entries(0, log.size)) {
    const at = index++;
    check.looked();
    const held = await check.attempt(`entry ${at}`, () => readEntry(bytes, at));
    if (held === null) continue;
    if (held.entry.recorded < recorded) check.fault(`entry ${at}`, 'was recorded before the one before it');
    recorded = held.entry.recorded;
    // The bytes are not needed any more: a log is larger than what it says.
    entries.push({ ...held, bytes: new Uint8Array(0) });
  }
  return { check: check.done(), entries };
}

/** All documents that an entry leads to: those that it names, and the evidence that its decisions name. */
async function namedBy(ledger: Ledger, entry: Entry, check: Checking): Promise<Digest[]> {
  const named = documentsOf(entry);
  if (entry.kind !== 'decisions-made' || !(await ledger.documents.has(entry.decisions))) return named;
  const place = ledger.documents.placeOf(entry.decisions);
  const decisions = await check.attempt(place, async () =>
    heldDecisions(await ledger.documents.get(entry.decisions), place),
  );
  const evidence = (decisions?.decisions ?? []).flatMap((d) => d.evidence.flatMap((e) => e.document ?? []));
  return [...named, ...evidence];
}

async function checkAllDocuments(ledger: Ledger, entries: readonly HeldEntry[]) {
  const check = new Checking('documents', 'every document that an entry names is there and as it was, or was redacted');
  const redacted = new Map<Digest, number>();
  for (const { index, entry } of entries) if (entry.kind === 'redacted') redacted.set(entry.document, index);
  const seen = new Set<Digest>(redacted.keys());
  let missing = false;
  for (const [digest, index] of redacted) {
    if (!(await ledger.documents.has(digest))) continue;
    check.fault(ledger.documents.placeOf(digest), `was redacted by entry ${index}, and is still there`);
  }
  for (const { index, entry } of entries) {
    for (const digest of await namedBy(ledger, entry, check)) {
      if (seen.has(digest)) continue;
      seen.add(digest);
      check.looked();
      const place = ledger.documents.placeOf(digest);
      if (await ledger.documents.has(digest)) {
        const bytes = await check.attempt(place, () => ledger.documents.get(digest));
        missing ||= bytes === null;
      } else {
        missing = true;
        check.fault(place, `document ${digest}, which entry ${index} (${entry.kind}) names, is not there`);
      }
    }
  }
  const unreferenced = (await ledger.documents.list()).filter((digest) => !seen.has(digest));
  return { check: check.done(), unreferenced, missing };
}

async function checkTables(ledger: Ledger, log: Log, broken: boolean, file: string | null): Promise<Check> {
  const check = new Checking('tables', 'every row of the database follows from the log, and none is missing');
  const { place } = ledger.database;
  if (broken) {
    check.cannotSay(place, 'the tables cannot be built again while entries or documents are missing or altered');
    return check.done();
  }
  const { size } = await ledger.state();
  if (size !== log.size) {
    check.cannotSay(place, 'entries were being written meanwhile, or are not published yet: do it again after that');
    return check.done();
  }
  const expected = await check.attempt(place, () =>
    replay({ entries: log.entries(0, log.size), documents: ledger.documents, ...(file !== null && { file }) }),
  );
  if (expected === null) return check.done();
  try {
    for (const fault of await structureFaults(ledger.database)) check.fault(place, fault);
    const [is, should] = [await schemaOf(ledger.database), await schemaOf(expected)];
    for (const name of new Set([...is.keys(), ...should.keys()])) {
      if (is.get(name) !== should.get(name)) check.fault(`${place} schema of ${name}`, 'is not as it is made');
    }
    for await (const difference of compareProjections(ledger.database, expected)) {
      if ((await ledger.state()).size !== size) {
        check.cannotSay(place, 'entries were written meanwhile: do it again while nobody writes');
        return check.done();
      }
      const { table, key, what } = difference;
      const at = `${place} table ${table}, row ${key}`;
      if (what === 'changed') {
        check.fault(
          `${at}, column ${difference.column}`,
          `is ${difference.actual}; the log gives ${difference.expected}`,
        );
      } else {
        check.fault(at, what === 'missing' ? 'is missing' : 'does not follow from the log');
      }
    }
    check.looked(log.size);
  } catch (thrown) {
    // A page of the file that SQLite cannot read.
    check.fault(place, thrown instanceof Error ? thrown.message : String(thrown));
  } finally {
    await expected.close();
  }
  return check.done();
}

/** How tables and indexes were made; empty for PostgreSQL, which keeps no text of it. */
async function schemaOf({ kind, kysely }: Database): Promise<Map<string, string>> {
  if (kind === 'postgres') return new Map();
  const { rows } = await sql<{ name: string; type: string; table: string; text: string | null }>`SELECT name, type,
    tbl_name AS "table", sql AS text FROM sqlite_master`.execute(kysely);
  return new Map(rows.map(({ name, ...made }) => [name, JSON.stringify(made)]));
}

async function checkAllMatches(ledger: Ledger, entries: readonly HeldEntry[]): Promise<Check> {
  const check = new Checking('matches', 'every match follows from the advisory records that were known then');
  const { tool } = ledger.parts;
  for (const { entry } of entries) {
    if (entry.kind !== 'rescanned') continue;
    for (const digest of entry.documents) {
      // Told already.
      if (!(await ledger.documents.has(digest))) continue;
      const place = ledger.documents.placeOf(digest);
      const document = await check.attempt(place, async () => heldKnowledge(await ledger.documents.get(digest), place));
      if (document === null) continue;
      check.looked(document.opened.length);
      for (const { place: at, message } of recheckMatches(document, null)) {
        const where = `${place} at opened[${at}]`;
        if (entry.tool === tool) check.fault(where, message);
        else check.cannotSay(where, `${message}; it was written by ${entry.tool}, and this is ${tool}`);
      }
    }
  }
  return check.done();
}
