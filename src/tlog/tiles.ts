import { LogError } from './errors.ts';
import { hashBytes } from './hash.ts';

/** Hashes in a full tile, and entries in a full bundle (c2sp.org/tlog-tiles). */
export const tileWidth = 256;

/** Bytes of the largest entry: its length is written as a uint16. */
export const maxEntryBytes = 65_535;

/** Bytes of the largest bundle of entries. */
export const maxBundleBytes = tileWidth * (2 + maxEntryBytes);

/** What a path below the log's folder names. */
export type TileName =
  | { readonly kind: 'hashes'; readonly level: number; readonly index: number; readonly width: number }
  | { readonly kind: 'entries'; readonly index: number; readonly width: number };

/** `tile/<L>/<N>[.p/<W>]`; a width of 256 is the full tile. */
export function tilePath(level: number, index: number, width: number): string {
  if (!Number.isSafeInteger(level) || level < 0 || level > 63) throw new RangeError(`no tile level: ${level}`);
  return `tile/${level}/${numbered(index, width)}`;
}

/** `tile/entries/<N>[.p/<W>]`; a width of 256 is the full bundle. */
export function entriesPath(index: number, width: number): string {
  return `tile/entries/${numbered(index, width)}`;
}

/** The folder, with its last slash, that holds the partial forms of a tile or bundle, given the path of the full one. */
export function partialsFolder(fullPath: string): string {
  return `${fullPath}.p/`;
}

function numbered(index: number, width: number): string {
  if (!Number.isSafeInteger(index) || index < 0) throw new RangeError(`no tile index: ${index}`);
  if (!Number.isSafeInteger(width) || width < 1 || width > tileWidth) throw new RangeError(`no tile width: ${width}`);
  let path = String(index % 1000).padStart(3, '0');
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    path = `x${String(rest % 1000).padStart(3, '0')}/${path}`;
  }
  return width === tileWidth ? path : `${path}.p/${width}`;
}

const tilePattern = /^tile\/(entries|0|[1-9]\d?)\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/** What a path names, or null where it is not the one way to write the name of a tile. */
export function parseTilePath(path: string): TileName | null {
  const [, level, digits, partial] = tilePattern.exec(path) ?? [];
  if (level === undefined || digits === undefined) return null;
  const index = Number(digits.replace(/[x/]/g, ''));
  const width = partial === undefined ? tileWidth : Number(partial);
  if (!Number.isSafeInteger(index) || (partial !== undefined && width >= tileWidth)) return null;
  if (level !== 'entries' && Number(level) > 63) return null;
  const written = level === 'entries' ? entriesPath(index, width) : tilePath(Number(level), index, width);
  if (written !== path) return null;
  return level === 'entries'
    ? { kind: 'entries', index, width }
    : { kind: 'hashes', level: Number(level), index, width };
}

/** A bundle of entries: each with its length before it as a big-endian uint16. Throws `too-large` for an entry over 65,535 bytes. */
export function encodeEntries(entries: readonly Uint8Array[]): Uint8Array {
  const sizeBytes = entries.reduce((sum, entry) => sum + 2 + entry.length, 0);
  const bytes = new Uint8Array(sizeBytes);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [index, entry] of entries.entries()) {
    if (entry.length > maxEntryBytes) {
      throw new LogError('too-large', `an entry has ${entry.length} bytes; at most ${maxEntryBytes} fit into a log`, {
        place: `entry ${index}`,
      });
    }
    view.setUint16(at, entry.length);
    bytes.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return bytes;
}

/** The entries of a bundle, as views of it. Throws `malformed` where they are not exactly `expectedCount`. */
export function decodeEntries(bytes: Uint8Array, expectedCount: number): Uint8Array[] {
  const { entries, fault } = readEntries(bytes, expectedCount);
  if (fault !== null)
    throw new LogError('malformed', `a bundle of entries ${fault}`, { place: `entry ${entries.length}` });
  return entries;
}

/** As `decodeEntries`, but gives what can be read before the fault. */
export function readEntries(bytes: Uint8Array, expectedCount: number): { entries: Uint8Array[]; fault: string | null } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length && entries.length < expectedCount) {
    const end = at + 2 > bytes.length ? Number.POSITIVE_INFINITY : at + 2 + view.getUint16(at);
    if (end > bytes.length) return { entries, fault: `ends inside entry ${entries.length} of ${expectedCount}` };
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  if (entries.length < expectedCount)
    return { entries, fault: `has ${entries.length} entries instead of ${expectedCount}` };
  if (at < bytes.length)
    return { entries, fault: `has ${bytes.length - at} bytes behind its ${expectedCount} entries` };
  return { entries, fault: null };
}

/** The bytes of a hash tile. */
export function encodeHashes(hashes: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(hashes.length * hashBytes);
  for (const [index, hash] of hashes.entries()) bytes.set(hash, index * hashBytes);
  return bytes;
}

/** The hashes of a tile, as views of it, or null where it does not have exactly `expectedCount`. */
export function decodeHashes(bytes: Uint8Array, expectedCount: number): Uint8Array[] | null {
  if (bytes.length !== expectedCount * hashBytes) return null;
  return Array.from({ length: expectedCount }, (_, i) => bytes.subarray(i * hashBytes, (i + 1) * hashBytes));
}
