import { crc32, inflateRawSync } from 'node:zlib';
import { CodedError, messageOf } from '../../model/errors.ts';
import { clip } from '../../model/problem.ts';
import { deflated, directoryEnd, directoryEntry, localHeader, mostFiles, stored, type ZipHeader } from './write-zip.ts';

/** Unpacked bytes of all files together that are read: a small file that unpacks to more is an attack. */
const mostUnpackedBytes = 4 * 1024 * 1024 * 1024;
/** Of one file. */
const mostFileBytes = 256 * 1024 * 1024;
const longestPath = 300;

/** Names that mean the same on every system and lead nowhere else. */
const pathShape = /^(?:[A-Za-z0-9_-][A-Za-z0-9._-]*\/)*[A-Za-z0-9_-][A-Za-z0-9._-]*$/;

/** Files of a pack that was opened. */
export interface ZipFiles {
  /** Sorted. */
  readonly paths: readonly string[];
  has(path: string): boolean;
  /** Unpacked bytes. Throws `document-invalid` naming the file, where they are not what the directory says. */
  read(path: string): Uint8Array;
}

function invalid(what: string): CodedError {
  return new CodedError('document-invalid', `not a pack as Kvitto writes it: ${what}`, {
    remedy: 'it was altered, damaged or packed anew; get the file again from where it was made',
  });
}

interface Placed extends ZipHeader {
  /** Where its packed bytes begin. */
  readonly from: number;
}

/**
 * Opens a pack. The file may be an attacker's: every byte but those of the packed files must be what `writeZip` writes, so
 * that there is no second directory, no hidden file and no place that nobody reads. Throws `document-invalid` with the place.
 */
export function openZip(bytes: Uint8Array): ZipFiles {
  const zip = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const files = readDirectory(zip);
  return {
    paths: [...files.keys()],
    has: (path) => files.has(path),
    read(path) {
      const file = files.get(path);
      if (file === undefined) throw invalid(`there is no file ${clip(path)}`);
      return unpack(zip, file);
    },
  };
}

function readDirectory(zip: Buffer): Map<string, Placed> {
  const end = zip.subarray(Math.max(0, zip.length - 22));
  if (end.length < 22 || end.readUInt32LE(0) !== 0x06054b50) throw invalid('it has no end of a ZIP directory');
  const count = end.readUInt16LE(10);
  const start = end.readUInt32LE(16);
  const length = zip.length - 22 - start;
  if (count > mostFiles || length < 0 || !end.equals(directoryEnd(count, length, start))) {
    throw invalid('the end of its directory says something else than the file');
  }
  const files = new Map<string, Placed>();
  let [at, expected, unpacked, before] = [start, 0, 0, ''];
  for (let number = 0; number < count; number++) {
    if (at + 46 > zip.length - 22) throw invalid('its directory is cut off');
    const file = headerAt(zip, at + 6, at + 46);
    const entry = directoryEntry(file, expected);
    const where = `directory entry ${number} (${clip(file.path, 120)})`;
    if (!zip.subarray(at, at + entry.length).equals(entry)) throw invalid(`${where} is not as it is written`);
    if (before !== '' && Buffer.compare(Buffer.from(before), Buffer.from(file.path)) >= 0) {
      throw invalid(`${where} is not in its order`);
    }
    const local = localHeader(file);
    const from = expected + local.length;
    if (from + file.packedBytes > start || !zip.subarray(expected, from).equals(local)) {
      throw invalid(`the header before ${clip(file.path, 120)} is not that of the directory`);
    }
    unpacked += file.sizeBytes;
    if (unpacked > mostUnpackedBytes || file.sizeBytes > mostFileBytes) {
      throw invalid(`${clip(file.path, 120)} unpacks to more than is read`);
    }
    files.set(file.path, { ...file, from });
    [at, expected, before] = [at + entry.length, from + file.packedBytes, file.path];
  }
  if (at !== zip.length - 22 || expected !== start) throw invalid('it has bytes that belong to no file');
  return files;
}

function headerAt(zip: Buffer, at: number, nameAt: number): ZipHeader {
  const nameBytes = zip.readUInt16LE(at + 22);
  const path = zip.subarray(nameAt, nameAt + nameBytes).toString('latin1');
  const method = zip.readUInt16LE(at + 4);
  if (nameBytes > longestPath || !pathShape.test(path)) throw invalid(`a file is called ${clip(path, 120)}`);
  if (method !== stored && method !== deflated) throw invalid(`${clip(path, 120)} is packed in another way`);
  const [crc, packedBytes, sizeBytes] = [
    zip.readUInt32LE(at + 10),
    zip.readUInt32LE(at + 14),
    zip.readUInt32LE(at + 18),
  ];
  return { path, method, crc, packedBytes, sizeBytes };
}

function unpack(zip: Buffer, { path, method, crc, packedBytes, sizeBytes, from }: Placed): Uint8Array {
  const packed = zip.subarray(from, from + packedBytes);
  let bytes: Buffer = packed;
  if (method === deflated) {
    try {
      const { buffer, engine } = inflateRawSync(packed, {
        maxOutputLength: Math.max(1, sizeBytes),
        info: true,
      }) as never as {
        buffer: Buffer;
        engine: { bytesWritten: number };
      };
      if (engine.bytesWritten !== packedBytes) throw new RangeError('there are bytes behind its end');
      bytes = buffer;
    } catch (thrown) {
      throw invalid(`${clip(path, 120)} cannot be unpacked: ${messageOf(thrown)}`);
    }
  }
  if (bytes.length !== sizeBytes || crc32(bytes) !== crc) throw invalid(`${clip(path, 120)} was altered`);
  return bytes;
}
