import { documentsOf, type Entry } from '../ledger/fact.ts';
import { ledgerFailure } from '../ledger/failure.ts';
import { ledgerPaths } from '../ledger/folder.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type LedgerOptions, openLedger } from '../ledger/open-ledger.ts';
import { checkAgreement, openLogFiles } from '../ledger/publish.ts';
import { CodedError } from '../model/errors.ts';
import type { Digest } from '../model/inventory.ts';
import type { Log } from '../tlog/log.ts';
import { recheckMatches } from './recheck-matches.ts';
import { heldDecisions, heldKnowledge } from './shapes/documents.ts';
import { type HeldEntry, readEntry } from './shapes/entry.ts';
import { type Check, Checking, outcomeOf } from './verify/checks.ts';
import { checkLogFiles, checkPrivateKey } from './verify/ledger-log.ts';
import { checkTables } from './verify/ledger-tables.ts';
import { checkKeyChain } from './verify/log-checks.ts';

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
  const { check: documents, unreferenced } = await checkAllDocuments(ledger, entries);
  checks.push(documents);
  checks.push(await checkTables(ledger, log, file));
  if (!quick) checks.push(await checkAllMatches(ledger, entries));
  return { outcome: outcomeOf(checks), checks, unreferenced, unpublished, entries: log.size };
}

async function checkDatabase(ledger: Ledger, keys: readonly string[], log: Log): Promise<Check> {
  const check = new Checking('agreement', 'the database belongs to the log, and neither lacks what the other has');
  check.looked();
  const { database } = ledger.parts;
  const agree = async () => {
    const state = await ledger.state();
    await checkAgreement(ledger.parts, await openLogFiles({ ...ledger.parts, keys }), state);
    return state;
  };
  await check.attempt(database.place, async () => {
    // Definitions of tables that were altered come out as failures of statements.
    const state = await agree().catch(async (thrown: unknown) => {
      throw await ledgerFailure(database, ledger.parts.paths.folder, thrown);
    });
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
        await check.attempt(place, () => ledger.documents.get(digest));
      } else {
        check.fault(place, `document ${digest}, which entry ${index} (${entry.kind}) names, is not there`);
      }
    }
  }
  const unreferenced = (await ledger.documents.list()).filter((digest) => !seen.has(digest));
  return { check: check.done(), unreferenced };
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
