import { compareProjections } from '../ledger/compare.ts';
import { documentsOf, type Entry } from '../ledger/fact.ts';
import { readPublicKeys } from '../ledger/keys.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { checkAgreement, openLogFiles } from '../ledger/publish.ts';
import { replay } from '../ledger/replay.ts';
import type { Digest } from '../model/inventory.ts';
import { checkLog } from '../tlog/check.ts';
import { type Log, openLog } from '../tlog/log.ts';
import { parseVkey } from '../tlog/note.ts';
import { fileStorage } from '../tlog/storage/files.ts';
import { recheckMatches } from './recheck-matches.ts';
import { heldDecisions, heldKnowledge } from './shapes/documents.ts';
import { type HeldEntry, readEntry } from './shapes/entry.ts';
import { type Check, Checking, outcomeOf } from './verify/checks.ts';
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
 * Verifies a ledger, which was opened for reading and unchecked: the log's files, that the database belongs to them, every
 * document, the keys, every row of every table against what the log gives, and every match against its advisory records.
 */
export async function verifyLedger(ledger: Ledger, { quick, file }: VerifyLedgerOptions): Promise<LedgerVerdict> {
  const { parts } = ledger;
  const keys = readPublicKeys(parts.paths);
  const verifiers = keys.map(parseVkey);
  const storage = fileStorage(parts.paths.log);
  const tree = new Checking('log', 'every entry, tile and hash of the log leads to its signed state');
  const found = await checkLog(storage, { verifiers, origin: parts.origin });
  tree.looked(found.size ?? 0);
  for (const { place, message } of found.faults) tree.fault(`log/${place}`, message);
  const { unpublished } = found;
  const checks = [tree.done()];
  if (tree.failed) return { outcome: 'fail', checks, unreferenced: [], unpublished, entries: found.size ?? 0 };

  const log = await openLog({ storage, origin: parts.origin, verifiers });
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
