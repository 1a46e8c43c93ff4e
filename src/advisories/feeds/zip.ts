import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32, inflateRawSync } from 'node:zlib';
import { type Entry, fromRandomAccessReader, RandomAccessReader, type ZipFile } from 'yauzl';
import { CodedError, messageOf } from '../../model/errors.ts';
import { clip } from '../../model/problem.ts';

export interface ZipLimits {
  readonly entries: number;
  readonly entryBytes: number;
  readonly totalBytes: number;
  readonly ratio: number;
  /** Entries smaller than this, unpacked, may be packed as well as they like. */
  readonly ratioFloorBytes: number;
}

/** A window on a file: neighbouring small reads, which is nearly all of them, cost one system call per megabyte. */
class Window {
  readonly #handle: number;
  #start = 0;
  #bytes = Buffer.alloc(0);

  constructor(handle: number) {
    this.#handle = handle;
  }

  /** The bytes at `position`, fewer at the end of the file; valid until the next call. */
  read(position: number, length: number): Buffer {
    const at = position - this.#start;
    if (at < 0 || at + length > this.#bytes.length) {
      const wanted = Buffer.allocUnsafe(Math.max(length, 1024 * 1024));
      this.#bytes = wanted.subarray(0, readSync(this.#handle, wanted, 0, wanted.length, position));
      this.#start = position;
      return this.#bytes.subarray(0, length);
    }
    return this.#bytes.subarray(at, at + length);
  }
}

/** Answers at once, so that a `readEntry` has emitted its entry when it returns. */
class DirectoryReader extends RandomAccessReader {
  readonly #window: Window;

  constructor(window: Window) {
    super();
    this.#window = window;
  }

  override read(
    target: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytesRead?: number) => void,
  ): void {
    callback(null, this.#window.read(position, length).copy(target, offset));
  }

  override close(callback: (error: Error | null) => void): void {
    callback(null);
  }
}

const localHeaderBytes = 30;
const localHeaderSignature = 0x04034b50;

function unpack(window: Window, entry: Entry, limits: ZipLimits): Buffer {
  const { compressedSize, uncompressedSize, relativeOffsetOfLocalHeader: offset } = entry;
  if (uncompressedSize > limits.entryBytes || compressedSize > limits.entryBytes) {
    throw new Error(`has ${uncompressedSize} bytes, more than the allowed ${limits.entryBytes}`);
  }
  if (uncompressedSize > limits.ratioFloorBytes && uncompressedSize > compressedSize * limits.ratio) {
    throw new Error(`unpacks to more than ${limits.ratio} times its size`);
  }
  if (entry.isEncrypted()) throw new Error('is encrypted');
  const header = window.read(offset, localHeaderBytes);
  if (header.length < localHeaderBytes || header.readUInt32LE(0) !== localHeaderSignature) {
    throw new Error('has no local header where the directory says');
  }
  const start = offset + localHeaderBytes + header.readUInt16LE(26) + header.readUInt16LE(28);
  const packed = window.read(start, compressedSize);
  if (packed.length < compressedSize) throw new Error('is cut short');
  let bytes: Buffer;
  if (entry.compressionMethod === 0) bytes = Buffer.from(packed);
  else if (entry.compressionMethod === 8) {
    const chunkSize = Math.max(64, uncompressedSize + 1);
    bytes = inflateRawSync(packed, { maxOutputLength: Math.max(1, uncompressedSize), chunkSize });
  } else throw new Error(`uses the compression method ${entry.compressionMethod}`);
  if (bytes.length !== uncompressedSize) throw new Error('has another size than it says');
  if (crc32(bytes) !== entry.crc32) throw new Error('has a wrong checksum');
  return bytes;
}

/** The next entry of the directory. The reader answers at once, so the events have come when `readEntry` returns. */
function nextEntry(zip: ZipFile): Entry {
  const seen: { entry?: Entry; error?: Error } = {};
  const onEntry = (entry: Entry) => {
    seen.entry = entry;
  };
  const onError = (error: Error) => {
    seen.error = error;
  };
  zip.on('entry', onEntry).on('error', onError);
  zip.readEntry();
  zip.off('entry', onEntry).off('error', onError);
  if (seen.error !== undefined) throw seen.error;
  if (seen.entry === undefined) throw new Error('an entry has no name');
  return seen.entry;
}

function openDirectory(window: Window, sizeBytes: number): ZipFile {
  const seen: { zip?: ZipFile; error?: Error | null } = {};
  const options = { lazyEntries: true, autoClose: false, strictFileNames: true };
  fromRandomAccessReader(new DirectoryReader(window), sizeBytes, options, (error, zip) => {
    seen.error = error;
    seen.zip = zip;
  });
  if (seen.zip === undefined) throw seen.error ?? new Error('no directory');
  return seen.zip;
}

/**
 * The files of a zip in the order of its directory, unpacked one at a time, checksum and size verified. Throws
 * `feed-invalid` for anything that is not as it should be (cut short, names that climb out, wrong checksums, too much of
 * anything): a zip that is wrong in one place is not believed in the others.
 */
export function* zipFiles(file: string, where: string, limits: ZipLimits): Generator<{ name: string; bytes: Buffer }> {
  const handle = openSync(file, 'r');
  let current = '';
  try {
    const zip = openDirectory(new Window(handle), fstatSync(handle).size);
    const data = new Window(handle);
    if (zip.entryCount > limits.entries)
      throw new Error(`has ${zip.entryCount} files, more than the allowed ${limits.entries}`);
    let total = 0;
    for (let index = 0; index < zip.entryCount; index += 1) {
      current = '';
      const entry = nextEntry(zip);
      current = `: ${clip(entry.fileName, 120)}`;
      if (entry.fileName.endsWith('/')) continue;
      total += entry.uncompressedSize;
      if (total > limits.totalBytes) throw new Error(`and those before it have more than ${limits.totalBytes} bytes`);
      const bytes = unpack(data, entry, limits);
      yield { name: entry.fileName, bytes };
    }
  } catch (thrown) {
    if (thrown instanceof CodedError) throw thrown;
    throw new CodedError('feed-invalid', `${where}${current} ${clip(messageOf(thrown))}`, { cause: thrown });
  } finally {
    closeSync(handle);
  }
}
