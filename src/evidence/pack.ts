import { hash } from 'node:crypto';
import type { Documents } from '../ledger/documents.ts';
import { formatInstant } from '../ledger/instant.ts';
import { readPublicKeys } from '../ledger/keys.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { openLogFiles } from '../ledger/publish.ts';
import { CodedError } from '../model/errors.ts';
import type { Digest } from '../model/inventory.ts';
import type { Log } from '../tlog/log.ts';
import type { LogState, Made, PackRequest } from './answer.ts';
import { compareWithTables } from './compare-with-tables.ts';
import { derive } from './derive/derive.ts';
import { Ground, type ReadDocument } from './derive/ground.ts';
import { namedDocuments } from './layout.ts';
import { consistencyText, keysText, type LogParts, proofText } from './log-files.ts';
import { type ManifestFile, manifestText, type PackManifest } from './manifest.ts';
import { renderAnswer } from './render.ts';
import { select } from './select.ts';
import { type LogFile, telling, wholeLogFiles } from './whole-log.ts';
import type { PackFile } from './zip/write-zip.ts';

export interface PackOptions {
  /** Put every entry of the log into the pack, of other services too: then it can be shown that none was left out. */
  readonly wholeLog: boolean;
}

/** A pack, not yet in a file. */
export interface Pack {
  readonly files: readonly PackFile[];
  readonly manifest: PackManifest;
}

function readerOf(documents: Documents): ReadDocument {
  return async (digest) => ((await documents.has(digest)) ? await documents.get(digest) : null);
}

function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${hash('sha256', bytes, 'hex')}`;
}

/**
 * Builds the pack that answers a request, from the log and the documents; and holds what it says against the tables of the
 * database. A ledger that was opened for writing is published first. Throws `store-busy` where others are writing, `not-in-ledger` where nothing ran, `ledger-inconsistent` where the
 * tables say something else than the log, and what reading throws.
 */
export async function buildPack(ledger: Ledger, asked: PackRequest, { wholeLog }: PackOptions): Promise<Pack> {
  // As names stand in the ledger.
  const request: PackRequest = {
    ...asked,
    service: asked.service.normalize('NFC'),
    environment: asked.environment?.normalize('NFC') ?? null,
  };
  if (request.to < request.from) {
    throw new CodedError('usage', 'the period ends before it begins', { remedy: 'swap --from and --to' });
  }
  if (ledger.parts.signer !== null) await ledger.publish();
  // Read anew: the key may have been rotated since the ledger was opened.
  const keys = readPublicKeys(ledger.parts.paths);
  const log = await openLogFiles({ ...ledger.parts, keys });
  const { checkpoint, size } = log;
  if (checkpoint === null)
    throw new CodedError('ledger-unreadable', `the log of ${ledger.parts.paths.folder} is empty`);
  const pending = (await ledger.state()).size - size;
  if (pending > 0) {
    throw new CodedError('store-busy', `${pending} entries of the ledger are not in the log's files yet`, {
      remedy: 'do it again; where nobody else writes, run: kvitto log checkpoint',
    });
  }
  const read = readerOf(ledger.documents);
  const entries = await select(log.entries(0, size), read, request);
  const ground = new Ground(entries, read);
  const { tool, clock, origin } = ledger.parts;
  const made: Made = { at: formatInstant(clock().getTime()), tool };
  const state: LogState = { origin, keys, size, root: Buffer.from(log.root).toString('hex') };
  const answer = await derive(ground, request, made, state);
  if (answer.ran.deployments.length === 0) {
    const { service, environment } = request;
    const where = environment === null ? '' : ` in ${environment}`;
    throw new CodedError('not-in-ledger', `nothing of ${service} ran${where} in this period, as far as was known`, {
      remedy: `kvitto history ${service} shows when it ran`,
    });
  }
  await compareWithTables(ledger, request, answer);
  const files = new Map<string, { bytes: Uint8Array; role: ManifestFile['role'] }>();
  for (const { path, text } of renderAnswer(answer)) files.set(path, { bytes: Buffer.from(text), role: 'answer' });
  const others = wholeLog ? await telling(log, read) : [];
  for (const { path, digest, role } of [...(await namedDocuments(ground)), ...others]) {
    const bytes = await read(digest);
    if (bytes !== null) files.set(path, { bytes, role });
  }
  const parts: LogParts = { checkpoint, log: { size, root: log.root } };
  for (const { path, bytes } of await logFiles(log, ground, parts, wholeLog)) files.set(path, { bytes, role: 'log' });
  files.set('keys/log.pub', { bytes: Buffer.from(keysText(keys)), role: 'key' });
  const manifest: PackManifest = {
    schema: 'kvitto-manifest-1',
    request: answer.request,
    made,
    wholeLog,
    entries: entries.map((e) => e.index),
    files: [...files]
      .map(([path, { bytes, role }]) => ({ path, sha256: digestOf(bytes), sizeBytes: bytes.length, role }))
      .sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
  const all: PackFile[] = [...files].map(([path, { bytes }]) => ({ path, bytes }));
  all.push({ path: 'manifest.json', bytes: Buffer.from(manifestText(manifest)) });
  return { files: all, manifest };
}

async function logFiles(log: Log, ground: Ground, parts: LogParts, wholeLog: boolean): Promise<LogFile[]> {
  const files: LogFile[] = [{ path: 'log/checkpoint', bytes: Buffer.from(parts.checkpoint) }];
  for (const { index, bytes, entry } of ground.entries) {
    files.push({ path: `log/entries/${index}.json`, bytes });
    const proof = proofText(index, await log.inclusion(index), parts.checkpoint);
    files.push({ path: `log/proofs/${index}.tlog-proof`, bytes: Buffer.from(proof) });
    if (entry.kind !== 'checkpoint-stamped' || entry.size > log.size) continue;
    const text = consistencyText(entry.size, await log.consistency(entry.size), parts.checkpoint);
    files.push({ path: `log/consistency/${entry.size}.txt`, bytes: Buffer.from(text) });
  }
  if (wholeLog) files.push(...(await wholeLogFiles(log)));
  return files;
}
