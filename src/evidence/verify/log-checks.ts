import { clip } from '../../model/problem.ts';
import { type OpenedCheckpoint, openCheckpoint } from '../../tlog/checkpoint.ts';
import { leafHash } from '../../tlog/hash.ts';
import { parseVkey, type Verifier } from '../../tlog/note.ts';
import { parseProof } from '../../tlog/proof-file.ts';
import { verifyRotation } from '../../tlog/rotation.ts';
import { verifyInclusion } from '../../tlog/verify.ts';
import { keysText, proofText } from '../log-files.ts';
import type { PackManifest } from '../manifest.ts';
import { type HeldEntry, readEntry } from '../shapes/entry.ts';
import type { ZipFiles } from '../zip/read-zip.ts';
import { type Check, Checking } from './checks.ts';

/** The log as a pack shows it. */
export interface ShownLog {
  /** The signed note as it stands in the pack. */
  readonly note: string;
  readonly checkpoint: OpenedCheckpoint;
  /** Oldest first; the last signs. */
  readonly keys: readonly string[];
  readonly verifier: Verifier;
}

const mostKeys = 1_000;
export const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('utf8');

/** The log's keys and signed state. Null where they cannot be read or do not hold. */
export async function checkCheckpoint(
  zip: ZipFiles,
  trustedKey: string | null,
): Promise<{ check: Check; log: ShownLog | null }> {
  const check = new Checking('checkpoint', 'the state of the log is signed by its key');
  check.looked();
  const keys = await check.attempt('keys/log.pub', () => {
    const lines = textOf(zip.read('keys/log.pub')).split('\n');
    return lines.filter((line) => line !== '').slice(0, mostKeys);
  });
  const last = keys?.at(-1);
  if (keys === null || last === undefined) {
    if (keys !== null) check.fault('keys/log.pub', 'there is no key');
    return { check: check.done(), log: null };
  }
  if (keysText(keys) !== textOf(zip.read('keys/log.pub'))) check.fault('keys/log.pub', 'is not as it is written');
  if (trustedKey !== null && trustedKey !== last) {
    check.fault('keys/log.pub', `the log's key is ${clip(last, 200)}, not the one that you trust`);
  }
  const verifier = await check.attempt('keys/log.pub', () => parseVkey(last));
  if (verifier === null) return { check: check.done(), log: null };
  const note = await check.attempt('log/checkpoint', () => textOf(zip.read('log/checkpoint')));
  if (note === null) return { check: check.done(), log: null };
  const checkpoint = await check.attempt('log/checkpoint', () => openCheckpoint(note, [verifier], verifier.name));
  return { check: check.done(), log: checkpoint === null ? null : { note, checkpoint, keys, verifier } };
}

/** Every entry, by its proof. Those that do not hold are left out of what is returned. */
export async function checkEntries(
  zip: ZipFiles,
  { entries: indexes }: PackManifest,
  { note, checkpoint }: ShownLog,
): Promise<{ check: Check; entries: HeldEntry[] }> {
  const check = new Checking('entries', 'every entry is in the log that the checkpoint is of');
  const entries: HeldEntry[] = [];
  let before = -1;
  for (const index of indexes) {
    check.looked();
    const [entryPath, proofPath] = [`log/entries/${index}.json`, `log/proofs/${index}.tlog-proof`];
    if (index <= before) check.fault('manifest.json', `entries: ${index} is not in its order`);
    before = index;
    const bytes = await check.attempt(entryPath, () => zip.read(entryPath));
    const text = await check.attempt(proofPath, () => textOf(zip.read(proofPath)));
    if (bytes === null || text === null) continue;
    const proof = await check.attempt(proofPath, () => parseProof(text));
    if (proof === null) continue;
    if (proof.index !== index || proofText(index, proof.hashes, note) !== text) {
      check.fault(proofPath, `is not the proof of entry ${index} under log/checkpoint, as it is written`);
      continue;
    }
    // The proof's checkpoint is the one of the pack, whose signature was verified.
    const claim = { leaf: leafHash(bytes), index, size: checkpoint.size, proof: proof.hashes, root: checkpoint.root };
    const holds = await check.attempt(`${entryPath} (or its proof)`, () => {
      verifyInclusion(claim);
      return true;
    });
    const entry = holds === null ? null : await check.attempt(entryPath, () => readEntry(bytes, index));
    if (entry !== null) entries.push(entry);
  }
  let recorded = '';
  for (const { index, entry } of entries) {
    if (entry.recorded < recorded) check.fault(`log/entries/${index}.json`, 'was recorded before the one before it');
    recorded = entry.recorded;
  }
  return { check: check.done(), entries };
}

/** That the keys follow from the first entry and the rotations. */
export async function checkKeyChain(
  entries: readonly HeldEntry[],
  keys: readonly string[],
  logOrigin: string,
): Promise<Check> {
  const check = new Checking(
    'keys',
    'each key of the log was named by the one before it, the first by the first entry',
  );
  const [first] = entries;
  if (first?.index !== 0 || first.entry.kind !== 'ledger-created') {
    check.fault('log/entries/0.json', 'the first entry of the ledger is not in the pack');
    return check.done();
  }
  check.looked();
  const { origin, key } = first.entry;
  if (origin !== logOrigin) check.fault('log/entries/0.json', `the ledger is ${clip(origin, 120)}`);
  if (key !== keys[0]) check.fault('keys/log.pub', 'line 1 is not the key that the first entry names');
  let at = 0;
  for (const { index, entry } of entries) {
    if (entry.kind !== 'key-rotated') continue;
    check.looked();
    const place = `log/entries/${index}.json`;
    if (entry.from !== keys[at]) check.fault(place, `does not follow from line ${at + 1} of keys/log.pub`);
    at++;
    if (entry.to !== keys[at]) check.fault('keys/log.pub', `line ${at + 1} is not the key that entry ${index} names`);
    await check.attempt(place, () => verifyRotation(entry));
  }
  if (at !== keys.length - 1) check.fault('keys/log.pub', `${keys.length - 1 - at} keys are named by no entry`);
  return check.done();
}
