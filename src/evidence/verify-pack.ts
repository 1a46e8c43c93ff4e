import { hash, type X509Certificate } from 'node:crypto';
import { CodedError } from '../model/errors.ts';
import { checkLog } from '../tlog/check.ts';
import { openLog } from '../tlog/log.ts';
import type { AskedFor, Made } from './answer.ts';
import { Ground } from './derive/ground.ts';
import type { NamedDocument } from './layout.ts';
import type { PackManifest } from './manifest.ts';
import { select } from './select.ts';
import { checkAlerts } from './verify/alert-checks.ts';
import { checkAnswer, checkMatches, requestOf } from './verify/answer-checks.ts';
import { type Check, Checking, outcomeOf } from './verify/checks.ts';
import { checkDocuments, checkFiles } from './verify/file-checks.ts';
import { checkCheckpoint, checkEntries, checkKeyChain, type ShownLog } from './verify/log-checks.ts';
import { checkStamps, type Vouched } from './verify/stamp-checks.ts';
import { telling, zipStorage } from './whole-log.ts';
import { openZip, type ZipFiles } from './zip/read-zip.ts';

export interface VerifyPackOptions {
  /** Name and version of this program: a match that another version made may come out otherwise. */
  readonly tool: string;
  /** The log's verifier key, as its owner gave it by another way; null: it is not compared. */
  readonly key: string | null;
  /** Certificates of time stamping authorities that the reader trusts. */
  readonly trusted: readonly X509Certificate[];
}

/** What a pack turned out to be. */
export interface PackVerdict {
  /** `pass`: all holds. `fail`: there is a fault. `cannot-say`: something could not be checked. */
  readonly outcome: 'pass' | 'fail' | 'cannot-say';
  readonly checks: readonly Check[];
  /** SHA-256 of the file. */
  readonly digest: string;
  readonly request: AskedFor | null;
  readonly made: Made | null;
  /** The key that signed: whether it is the right one is for the reader to know. */
  readonly key: string | null;
  readonly log: { readonly origin: string; readonly size: number } | null;
  readonly vouched: readonly Vouched[];
  /** What this does not show, in sentences. */
  readonly notes: readonly string[];
}

const unlessWhole =
  'that no entry was left out which would matter: proofs show that an entry is in the log, not that there is no other. Ask for a pack made with --whole-log, or for the ledger';

/**
 * Verifies a pack offline, from its bytes alone; they may be an attacker's. Every file against the manifest, every entry against
 * the signed log, every document against its entry, every statement against what follows from entries and documents. Never
 * throws for what is wrong with the pack.
 */
export async function verifyPack(bytes: Uint8Array, options: VerifyPackOptions): Promise<PackVerdict> {
  const { key: trustedKey, trusted, tool } = options;
  const checks: Check[] = [];
  const digest = `sha256:${hash('sha256', bytes, 'hex')}`;
  const nothing = { digest, request: null, made: null, key: null, log: null, vouched: [], notes: [] };
  const container = new Checking('container', 'the file is a pack as it is written, without a place that nobody reads');
  const zip = await container.attempt('the ZIP file', () => openZip(bytes));
  container.looked();
  checks.push(container.done());
  if (zip === null) return { outcome: 'fail', checks, ...nothing };

  const { check: files, manifest } = await checkFiles(zip);
  const { check: signed, log } = await checkCheckpoint(zip, trustedKey);
  checks.push(files, signed);
  const key = log?.keys.at(-1) ?? null;
  if (manifest === null || log === null) return { outcome: 'fail', checks, ...nothing, key };

  const { check: entriesCheck, entries } = await checkEntries(zip, manifest, log);
  checks.push(entriesCheck, await checkKeyChain(entries, log.keys, log.checkpoint.origin));
  const ground = new Ground(entries, documentsOf(zip, manifest));
  const { check: stamps, vouched } = await checkStamps(zip, ground, log, trusted);
  const whole = manifest.wholeLog ? await checkWhole(zip, manifest, log) : null;
  checks.push(await checkDocuments(zip, manifest, ground, whole?.others ?? []), stamps);
  checks.push(
    await checkMatches(ground, tool),
    await checkAlerts(ground),
    await checkAnswer(zip, manifest, ground, log),
  );
  if (whole !== null) checks.push(whole.check);
  const notes = manifest.wholeLog ? [] : [unlessWhole];
  if (trustedKey === null)
    notes.push('whose key it is: compare it with what its owner gave you, or give it with --key');
  const { request, made } = manifest;
  const { origin, size } = log.checkpoint;
  return { outcome: outcomeOf(checks), checks, digest, request, made, key, log: { origin, size }, vouched, notes };
}

/** Documents of the pack by digest. A file that is not what its manifest says was told already, and is not read as another. */
function documentsOf(zip: ZipFiles, manifest: PackManifest): (digest: string) => Promise<Uint8Array | null> {
  const paths = new Map(manifest.files.map((f) => [f.sha256 as string, f.path]));
  return async (digest) => {
    const path = paths.get(digest);
    if (path === undefined || !zip.has(path)) return null;
    let bytes: Uint8Array;
    try {
      bytes = zip.read(path);
    } catch (thrown) {
      if (!(thrown instanceof CodedError)) throw thrown;
      return null;
    }
    return `sha256:${hash('sha256', bytes, 'hex')}` === digest ? bytes : null;
  };
}

/** With the whole log: that the entries which the answer rests on are all that there are. */
async function checkWhole(
  zip: ZipFiles,
  manifest: PackManifest,
  shown: ShownLog,
): Promise<{ check: Check; others: readonly NamedDocument[] }> {
  const check = new Checking('complete', 'no entry of the log that the answer would rest on was left out');
  const options = { storage: zipStorage(zip), origin: shown.checkpoint.origin, verifiers: [shown.verifier] };
  const { faults, unpublished } = await checkLog(options.storage, options);
  for (const { place, message } of faults) check.fault(`log/${place}`, message);
  for (const path of unpublished) check.fault(`log/${path}`, 'is beyond the checkpoint');
  if (check.failed) return { check: check.done(), others: [] };
  const others = await check.attempt('log/tile', async () => {
    const log = await openLog(options);
    check.looked(log.size);
    const read = documentsOf(zip, manifest);
    const chosen = await select(log.entries(0, log.size), read, requestOf(manifest));
    const listed = new Set(manifest.entries);
    const wanted = new Set(chosen.map((e) => e.index));
    for (const index of wanted) if (!listed.has(index)) check.fault(`log/entries/${index}.json`, 'was left out');
    for (const index of listed) {
      if (!wanted.has(index)) check.fault(`log/entries/${index}.json`, 'is not one that the answer rests on');
    }
    return await telling(log, read);
  });
  return { check: check.done(), others: others ?? [] };
}
