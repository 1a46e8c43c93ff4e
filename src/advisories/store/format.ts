import { zstdDecompressSync } from 'node:zlib';

/** Raised whenever the same feeds would give other rows: part of the snapshot digest, and checked when a store is opened. */
export const formatRevision = 1;

/** SQLite's `application_id` of an advisory store: `Kvad`. */
export const applicationId = 0x4b766164;

/*
 * Rows lie in blocks: the names of one ecosystem, all its releases together, in the order of their UTF-8 bytes, packed
 * into blocks of about `blockBytes` before compression. Distributions repeat a record for each release: with one row for
 * all releases of a name a store of 500,000 generated records has half the size. Measured on the Go feed (2.2 MB of rows): one compressed row per name without
 * dictionary 1,381 kB and 31 µs a row to write; with a shared dictionary of 32 kB 812 kB and 56 µs; blocks of 16 kB 550 kB
 * and 2 µs, and a look-up costs the same 30 to 60 µs in all three.
 */
export const schema = `
  CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE feed (id TEXT PRIMARY KEY, state TEXT NOT NULL, rows_digest TEXT NOT NULL, newest TEXT) WITHOUT ROWID;
  CREATE TABLE part (feed TEXT NOT NULL, path TEXT NOT NULL, state TEXT NOT NULL, PRIMARY KEY (feed, path)) WITHOUT ROWID;
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
export const blockBytes = 16_384;

/** A name with more text than this cannot be looked up; far above the largest real one. */
export const largestBlockBytes = 256 * 1024 * 1024;

/** The text of a block: one JSON list per line, whose first item is the name or key. Each line begins with a newline. */
export function unpackBlock(data: Uint8Array): string {
  return zstdDecompressSync(data, { maxOutputLength: largestBlockBytes }).toString('utf8');
}

/** The line of a block for a name or key, parsed; null where there is none. */
export function lineOf(block: string, key: string | number): readonly unknown[] | null {
  const start = block.indexOf(`\n[${JSON.stringify(key)},`);
  if (start < 0) return null;
  const end = block.indexOf('\n', start + 1);
  return JSON.parse(block.slice(start + 1, end < 0 ? block.length : end)) as readonly unknown[];
}
