import { createHash } from 'node:crypto';
import { closeSync, createReadStream, createWriteStream, openSync, readSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { replaceFile } from '../files/replace-file.ts';
import type { SnapshotInfo } from '../model/advisory.ts';
import { CodedError, messageOf } from '../model/errors.ts';
import { clip } from '../model/problem.ts';
import { storeWriteFailure } from './build/store-writer.ts';
import { limits } from './limits.ts';
import { withStoreLock } from './lock.ts';
import { storePaths } from './paths.ts';
import { verifyStore } from './store/verify.ts';

const magic = 'kvitto advisories 1';
const longestHeader = 4096;

interface Header {
  /** Snapshot digest. */
  readonly digest: string;
  /** Of the store file, unpacked. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

function counting(maxBytes: number, onEnd: (sha256: string, sizeBytes: number) => void): Transform {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes)
        return done(new CodedError('limit-exceeded', `more than ${maxBytes} bytes come out of it`));
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      onEnd(hash.digest('hex'), sizeBytes);
      done();
    },
  });
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/**
 * Writes the store below `home` into one file to carry elsewhere: a line that names it, a JSON line with digests, the store
 * compressed with zstd. The file appears whole or not at all. Throws `store-unreadable` where there is no sound store,
 * `output-unwritable`.
 */
export async function exportStore(request: { readonly home: string; readonly file: string }): Promise<SnapshotInfo> {
  const { store } = storePaths(request.home);
  const snapshot = verifyStore(store);
  const header: Header = { digest: snapshot.digest, sha256: await sha256Of(store), sizeBytes: statSync(store).size };
  const target = path.resolve(request.file);
  const aside = `${target}.${process.pid}.part`;
  try {
    const output = createWriteStream(aside);
    output.write(`${magic}\n${JSON.stringify(header)}\n`);
    const zstd = createZstdCompress({ params: { [constants.ZSTD_c_checksumFlag]: 1 } });
    await pipeline(createReadStream(store, { highWaterMark: 1024 * 1024 }), zstd, output);
    replaceFile(aside, target);
  } catch (thrown) {
    rmSync(aside, { force: true });
    const failure = storeWriteFailure(target, thrown);
    if (failure instanceof CodedError) throw failure;
    throw new CodedError('output-unwritable', `${target} cannot be written: ${messageOf(thrown)}`, {
      remedy: 'name a file in a folder that is there and may be written to',
      cause: thrown,
    });
  }
  return snapshot;
}

function foreign(file: string, why: string): CodedError {
  return new CodedError('document-invalid', `${file} is no exported advisory store: ${why}`, {
    remedy: 'make it with `kvitto db export` of this version',
  });
}

function readHeader(file: string): { header: Header; offset: number } {
  const buffer = Buffer.alloc(longestHeader);
  const handle = openSync(file, 'r');
  let text: string;
  try {
    text = buffer.subarray(0, readSync(handle, buffer, 0, longestHeader, 0)).toString('latin1');
  } finally {
    closeSync(handle);
  }
  if (!text.startsWith(`${magic}\n`)) throw foreign(file, `it begins with "${clip(text, 20)}"`);
  const end = text.indexOf('\n', magic.length + 1);
  if (end < 0) throw foreign(file, 'its header has no end');
  try {
    const header = JSON.parse(text.slice(magic.length + 1, end)) as Partial<Header> | null;
    const { digest, sha256, sizeBytes } = header ?? {};
    if (typeof digest === 'string' && typeof sha256 === 'string' && typeof sizeBytes === 'number') {
      return { header: { digest, sha256, sizeBytes }, offset: end + 1 };
    }
  } catch {
    // Said below.
  }
  throw foreign(file, 'its header cannot be read');
}

async function unpack(file: string, target: string, header: Header, offset: number): Promise<void> {
  if (header.sizeBytes > limits.storeBytes)
    throw new CodedError('limit-exceeded', `${file} says it holds ${header.sizeBytes} bytes`);
  let actual = '';
  const counter = counting(header.sizeBytes, (sha256) => {
    actual = sha256;
  });
  try {
    await pipeline(
      createReadStream(file, { start: offset }),
      createZstdDecompress(),
      counter,
      createWriteStream(target),
    );
  } catch (thrown) {
    const failure = storeWriteFailure(target, thrown);
    if (failure instanceof CodedError && failure.code === 'disk-full') throw failure;
    throw new CodedError('document-invalid', `${file} is damaged: ${messageOf(thrown)}`, { cause: thrown });
  }
  if (actual !== header.sha256) {
    throw new CodedError(
      'digest-mismatch',
      `${file} is damaged: its store has sha256 ${actual}, and it says ${clip(header.sha256, 64)}`,
    );
  }
}

/**
 * Puts an exported store in the place of the one below `home`, after every digest in it was checked. `expected`: the
 * snapshot digest that it must have, where the user knows it. Throws `digest-mismatch`, `document-invalid`,
 * `source-not-found`, `limit-exceeded`, `disk-full`; then the former store is still in use.
 */
export async function importStore(request: {
  readonly home: string;
  readonly file: string;
  readonly expected?: string;
  readonly now: Date;
}): Promise<SnapshotInfo> {
  const stat = statSync(request.file, { throwIfNoEntry: false });
  if (!stat?.isFile()) {
    throw new CodedError('source-not-found', `there is no file ${request.file}`, {
      remedy: 'name a file that `kvitto db export` wrote',
    });
  }
  if (stat.size > limits.exportBytes) throw new CodedError('limit-exceeded', `${request.file} has ${stat.size} bytes`);
  const { header, offset } = readHeader(request.file);
  return withStoreLock(request.home, 'kvitto db import', request.now, async () => {
    const paths = storePaths(request.home);
    const target = path.join(paths.scratch, 'import.db');
    await unpack(request.file, target, header, offset);
    const snapshot = verifyStore(target);
    const wanted = request.expected ?? header.digest;
    if (snapshot.digest !== wanted || snapshot.digest !== header.digest) {
      throw new CodedError(
        'digest-mismatch',
        `${request.file} holds the snapshot ${snapshot.digest}, not ${clip(wanted, 80)}`,
      );
    }
    replaceFile(target, paths.store);
    return snapshot;
  });
}
