import { crc32, deflateRawSync } from 'node:zlib';
import { CodedError } from '../../model/errors.ts';

/** A file of a pack. */
export interface PackFile {
  /** Parts joined by `/`; letters, digits, `.`, `_` and `-`. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Beyond these a ZIP needs other headers (APPNOTE 4.4.1.4), which this one does without. */
export const mostFiles = 65_535;
export const mostZipBytes = 0xffff_ffff;

/** 1 January 1980, the first day that a ZIP can say: packs of the same facts are the same. */
const dosDate = 0x0021;
export const stored = 0;
export const deflated = 8;

/** Headers of a file, both times the same but for where they stand. */
export interface ZipHeader {
  readonly path: string;
  readonly method: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly sizeBytes: number;
}

function header({ path, method, crc, packedBytes, sizeBytes }: ZipHeader): Buffer {
  const bytes = Buffer.alloc(26);
  bytes.writeUInt16LE(method === deflated ? 20 : 10, 0);
  bytes.writeUInt16LE(0, 2);
  bytes.writeUInt16LE(method, 4);
  bytes.writeUInt16LE(0, 6);
  bytes.writeUInt16LE(dosDate, 8);
  bytes.writeUInt32LE(crc, 10);
  bytes.writeUInt32LE(packedBytes, 14);
  bytes.writeUInt32LE(sizeBytes, 18);
  bytes.writeUInt16LE(Buffer.byteLength(path), 22);
  return bytes;
}

/** The header before a file's bytes (APPNOTE 4.3.7). */
export function localHeader(file: ZipHeader): Buffer {
  return Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), header(file), Buffer.from(file.path)]);
}

/** The entry of a file in the directory at the end (APPNOTE 4.3.12). */
export function directoryEntry(file: ZipHeader, at: number): Buffer {
  const rest = Buffer.alloc(14);
  // A regular file that its owner may write and everybody read.
  rest.writeUInt32LE((0o100644 << 16) >>> 0, 6);
  rest.writeUInt32LE(at, 10);
  // Made by: version 2.0, Unix.
  const start = Buffer.from('PK\x01\x02\x14\x03', 'latin1');
  return Buffer.concat([start, header(file), rest, Buffer.from(file.path)]);
}

/** The end of the directory (APPNOTE 4.3.16). */
export function directoryEnd(files: number, directoryBytes: number, at: number): Buffer {
  const bytes = Buffer.alloc(22);
  bytes.write('PK\x05\x06', 'latin1');
  bytes.writeUInt16LE(files, 8);
  bytes.writeUInt16LE(files, 10);
  bytes.writeUInt32LE(directoryBytes, 12);
  bytes.writeUInt32LE(at, 16);
  return bytes;
}

function tooLarge(what: string): CodedError {
  return new CodedError('limit-exceeded', `the pack would have ${what}, more than a ZIP file can hold`, {
    remedy: 'ask for a shorter period (--from, --to) or one environment (--env)',
  });
}

/**
 * A ZIP file: sorted by path, with fixed times, without extra fields, so that the same files give the same bytes (with the same
 * zlib). Throws `limit-exceeded` for more than 65,535 files or 4 GB.
 */
export function writeZip(files: readonly PackFile[]): Uint8Array {
  if (files.length > mostFiles) throw tooLarge(`${files.length} files`);
  const sorted = [...files].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  const parts: Uint8Array[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const { path, bytes } of sorted) {
    const packed = deflateRawSync(bytes, { level: 6 });
    const [method, body] = packed.length < bytes.length ? [deflated, packed] : [stored, bytes];
    const file = { path, method, crc: crc32(bytes), packedBytes: body.length, sizeBytes: bytes.length };
    const local = localHeader(file);
    directory.push(directoryEntry(file, at));
    parts.push(local, body);
    at += local.length + body.length;
    if (at > mostZipBytes) throw tooLarge(`more than ${mostZipBytes} bytes`);
  }
  const end = Buffer.concat(directory);
  if (at + end.length > mostZipBytes) throw tooLarge(`more than ${mostZipBytes} bytes`);
  return Buffer.concat([...parts, end, directoryEnd(sorted.length, end.length, at)]);
}
