import { createHash } from 'node:crypto';
import type { FileStat } from '../cataloger.ts';
import type { Limits } from '../limits.ts';
import type { LayerBlob } from '../source.ts';
import { compressionOf, decoderFault, decompress, peek } from './decompress.ts';
import type { Keeper } from './keep.ts';
import { pathKey } from './path-table.ts';
import { type LayerRecord, newRecord } from './record.ts';
import { normalPath, type TarEntry } from './tar-entries.ts';
import { type BodySink, TarReader } from './tar-reader.ts';

/** What is left of the limits that hold for a whole scan. */
export interface Allowance {
  entries: number;
  totalBytes: number;
}

/**
 * Reads one layer as it streams by: both digests, what catalogers want, and where every entry stood. Bad input becomes
 * problems of the record; what is thrown comes from the source (or is a bug of a cataloger).
 */
export async function readLayer(
  blob: LayerBlob,
  keeper: Keeper,
  limits: Limits,
  allowance: Allowance,
  signal: AbortSignal,
): Promise<LayerRecord> {
  const record = newRecord(blob.key, limits);
  const collector = new Collector(record, keeper, limits, allowance);
  const reader = new TarReader(
    limits,
    (...p) => record.problems.add(...p),
    (entry) => collector.entry(entry, reader),
  );
  await pump(blob.bytes, record, reader, limits, allowance, signal);
  reader.end();
  return record;
}

async function pump(
  bytes: AsyncIterable<Uint8Array>,
  record: LayerRecord,
  reader: TarReader,
  limits: Limits,
  allowance: Allowance,
  signal: AbortSignal,
): Promise<void> {
  const blobHash = createHash('sha256');
  const diffHash = createHash('sha256');
  let bytesIn = 0;
  let bytesOut = 0;
  let counted = 0;
  const { head, bytes: stored } = await peek(hashed(), 4);
  const compression = compressionOf(head);
  if (compression === 'bzip2' || compression === 'xz') {
    record.problems.add(
      'unsupported',
      '',
      `The layer is packed with ${compression}; only plain, gzip and zstd layers are read.`,
    );
  }
  const packed = compression === 'gzip' || compression === 'zstd';
  try {
    for await (const chunk of packed ? decompress(stored, compression) : stored) {
      bytesOut += chunk.length;
      const exceeded = limitOf();
      if (exceeded !== null) {
        record.problems.add('limit-exceeded', '', `${exceeded} The rest of the layer was not read.`);
        reader.stop();
        return;
      }
      if (packed) diffHash.update(chunk);
      if (!reader.stopped) reader.push(asBuffer(chunk));
    }
  } catch (error) {
    const fault = packed ? decoderFault(error) : null;
    if (fault === null) throw error;
    record.problems.add(
      fault,
      '',
      `The ${compression} data of the layer ${fault === 'truncated' ? 'end too early' : 'are damaged'}; it was read as far as it goes.`,
    );
    return;
  }
  const stored256 = blobHash.digest('hex');
  record.digest = `sha256:${stored256}`;
  record.diffId = `sha256:${packed ? diffHash.digest('hex') : stored256}`;

  async function* hashed(): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      signal.throwIfAborted();
      bytesIn += chunk.length;
      blobHash.update(chunk);
      yield chunk;
    }
  }

  function limitOf(): string | null {
    allowance.totalBytes -= bytesOut - counted;
    counted = bytesOut;
    if (allowance.totalBytes < 0) return `The layers hold more than ${limits.totalBytes} bytes.`;
    if (bytesOut <= limits.ratioFromBytes || bytesOut <= bytesIn * limits.ratio) return null;
    return `A layer bomb: ${bytesIn} bytes unpack to more than ${bytesOut}.`;
  }
}

/** Sorts the entries of one layer into its record. */
class Collector {
  readonly #record: LayerRecord;
  readonly #keeper: Keeper;
  readonly #limits: Limits;
  readonly #allowance: Allowance;

  constructor(record: LayerRecord, keeper: Keeper, limits: Limits, allowance: Allowance) {
    this.#record = record;
    this.#keeper = keeper;
    this.#limits = limits;
    this.#allowance = allowance;
  }

  entry(entry: TarEntry, reader: TarReader): BodySink | null {
    if (--this.#allowance.entries < 0) {
      this.#stop(reader, `The layers hold more than ${this.#limits.entries} entries.`);
      return null;
    }
    const { path } = entry;
    if (path === '') return null;
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (name.startsWith('.wh.')) return this.#whiteout(path, name, reader);
    const record = this.#record;
    // The last entry of a path counts.
    if (record.kept.size > 0) record.kept.delete(path);
    if (record.symlinks.size > 0) record.symlinks.delete(path);
    if (record.hardlinks.size > 0) record.hardlinks.delete(path);
    switch (entry.kind) {
      case 'file':
        record.paths.set(pathKey(path), 'file', entry.sizeBytes, entry.mode);
        return this.#file({ path, name, sizeBytes: entry.sizeBytes, mode: entry.mode }, entry.sparse);
      case 'symlink':
        record.paths.set(pathKey(path), 'other', 0, entry.mode);
        if (this.#room(reader)) record.symlinks.set(path, entry.link);
        return null;
      case 'hardlink':
        this.#hardlink(entry, reader);
        return null;
      default:
        record.paths.set(pathKey(path), entry.kind, 0, entry.mode);
        return null;
    }
  }

  #file(stat: FileStat, sparse: boolean): BodySink | null {
    const wanted = this.#keeper.wantedBy(stat);
    if (wanted === null) return null;
    const { keep, sink } = this.#keeper.start(stat, wanted, sparse);
    this.#record.kept.set(stat.path, keep);
    return sink;
  }

  #hardlink(entry: TarEntry, reader: TarReader): void {
    const target = normalPath(entry.link);
    if (target === null || target === '') {
      this.#record.problems.add(
        'unsafe-path',
        entry.path,
        'A hard link to a place outside of the image; the entry was not read.',
      );
      return;
    }
    const facts = this.#record.paths.get(pathKey(target));
    this.#record.paths.set(pathKey(entry.path), 'file', facts?.sizeBytes ?? 0, facts?.mode ?? entry.mode);
    if (this.#room(reader)) this.#record.hardlinks.set(entry.path, this.#record.hardlinks.get(target) ?? target);
  }

  /** Whiteouts: OCI image specification, "Whiteouts". Names with `.wh..wh.` other than the opaque mark are AUFS's own. */
  #whiteout(path: string, name: string, reader: TarReader): null {
    const folder = path.slice(0, Math.max(0, path.length - name.length - 1));
    const { whiteouts, opaques, problems } = this.#record;
    if (whiteouts.size + opaques.size >= this.#limits.whiteouts) {
      this.#stop(reader, `The layer removes more than ${this.#limits.whiteouts} paths.`);
    } else if (name === '.wh..wh..opq') {
      opaques.add(folder);
    } else if (!name.startsWith('.wh..wh.')) {
      const removed = name.slice(4);
      if (removed === '' || removed === '.' || removed === '..')
        problems.add('unsafe-path', path, 'A whiteout that names no file.');
      else whiteouts.add(folder === '' ? removed : `${folder}/${removed}`);
    }
    return null;
  }

  #room(reader: TarReader): boolean {
    if (this.#record.symlinks.size + this.#record.hardlinks.size < this.#limits.links) return true;
    this.#stop(reader, `The layer holds more than ${this.#limits.links} links.`);
    return false;
  }

  #stop(reader: TarReader, why: string): void {
    this.#record.problems.add('limit-exceeded', '', `${why} The rest of the layer was not read.`);
    reader.stop();
  }
}

function asBuffer(chunk: Uint8Array): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
