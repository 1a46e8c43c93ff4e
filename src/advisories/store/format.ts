import { zstdDecompressSync } from 'node:zlib';

/** Raised whenever the same feeds would give other rows: part of the snapshot digest, and checked when a store is opened. */
export const formatRevision = 2;

/** SQLite's `application_id` of an advisory store: `Kvad`. */
export const applicationId = 0x4b766164;

/*
 * Rows lie in blocks: the names of one ecosystem, all its releases together, in the order of their UTF-8 bytes, packed
 * into blocks of about `blockBytes` before compression. Distributions repeat a record for each release: with one row for
 * all releases of a name a store of 500,000 generated records has half the size. Measured on the Go feed (2.2 MB of rows): one compressed row per name without
 * dictionary 1,381 kB and 31 µs a row to write; with a shared dictionary of 32 kB 812 kB and 56 µs; blocks of 8 kB 598 kB
 * and 6 µs; a look-up costs about 30 µs in each. Blocks of 16 kB save another twelfth, but unpack at half the speed.
 */
export const schema = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE feed (id TEXT PRIMARY KEY, state TEXT NOT NULL, rows_digest TEXT NOT NULL, newest TEXT) WITHOUT ROWID;
  CREATE TABLE part (feed TEXT NOT NULL, path TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (feed, path)) WITHOUT ROWID;
  CREATE TABLE release (feed TEXT NOT NULL, suffix TEXT NOT NULL, PRIMARY KEY (feed, suffix)) WITHOUT ROWID;
  CREATE TABLE block (feed TEXT NOT NULL, first TEXT NOT NULL, data BLOB NOT NULL);
  CREATE TABLE nvd (year INTEGER NOT NULL, first INTEGER NOT NULL, data BLOB NOT NULL);
  CREATE TABLE epss (cve INTEGER PRIMARY KEY, probability INTEGER NOT NULL, percentile INTEGER NOT NULL);
  CREATE TABLE exploited (cve INTEGER NOT NULL, feed TEXT NOT NULL, since TEXT NOT NULL, due TEXT,
    ransomware INTEGER NOT NULL, summary TEXT NOT NULL, PRIMARY KEY (cve, feed)) WITHOUT ROWID;
`;

/** Made after the rows are in: quicker, and the index lies together. */
export const indexes = `
  CREATE UNIQUE INDEX block_by_name ON block (feed, first);
  CREATE UNIQUE INDEX nvd_by_first ON nvd (year, first);
`;

/** Bytes of text after which a block is closed. One name is never split. */
export const blockBytes = 8192;

/** A name with more text than this cannot be looked up; far above the largest real one. */
export const largestBlockBytes = 256 * 1024 * 1024;

// Room for an ordinary block in one piece: Node's default would set aside four times as much for each call.
const unpackOptions = { maxOutputLength: largestBlockBytes, chunkSize: 2 * blockBytes };

/** The text of a block in UTF-8: one JSON list per line, whose first item is the name or key. Each line begins with a newline. */
export function unpackBlock(data: Uint8Array): Buffer {
  return zstdDecompressSync(data, unpackOptions);
}

/** The line of a block for a name or key; null where there is none. JSON text holds no newline of its own. */
export function lineOf(block: Buffer, key: string | number): Buffer | null {
  const start = block.indexOf(`\n[${JSON.stringify(key)},`);
  if (start < 0) return null;
  const end = block.indexOf(10, start + 1);
  return block.subarray(start + 1, end < 0 ? block.length : end);
}

/** The list that stands on a line. */
export function parseLine(line: Buffer): readonly unknown[] {
  return JSON.parse(line.toString('utf8')) as readonly unknown[];
}
