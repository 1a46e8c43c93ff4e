import { hash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { makeFolder } from '../files/make-folder.ts';
import { syncFolder } from '../files/replace-file.ts';
import { writeFailure } from '../files/write-failure.ts';
import { writeWhole } from '../files/write-whole.ts';
import { CodedError, messageOf } from '../model/errors.ts';
import type { Digest } from '../model/inventory.ts';

/** Content-addressed documents, byte for byte. */
export interface Documents {
  /** Durable once it returns. */
  put(bytes: Uint8Array): Promise<Digest>;
  /** The bytes, held against their digest. Throws `document-missing` or `digest-mismatch`, naming the place. */
  get(digest: Digest): Promise<Uint8Array>;
  has(digest: Digest): Promise<boolean>;
  remove(digest: Digest): Promise<void>;
  /** Digests of all, sorted. */
  list(): Promise<Digest[]>;
  /** Where a document lies, for messages. */
  placeOf(digest: Digest): string;
}

const compressFrom = 4096;
/** Larger ones are not made here; a small file that unpacks to more is an attack. */
export const maxDocumentBytes = 1024 * 1024 * 1024;

const remedies = {
  unwritable: 'let this user write there; it has to be a folder',
  full: 'nothing was recorded. Free some space there and do it again',
};

function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${hash('sha256', bytes, 'hex')}`;
}

const digestShape = /^sha256:[0-9a-f]{64}$/;

export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && digestShape.test(text);
}

/** Documents as files: `ab/<the other 62 digits>`, with `.zst` where they are compressed. The digest is of what they unpack to. */
export function fileDocuments(folder: string): Documents {
  const plain = (digest: Digest) => path.join(folder, digest.slice(7, 9), digest.slice(9));
  const find = (digest: Digest): string | null => {
    if (!isDigest(digest)) throw new TypeError(`not a digest: ${digest}`);
    const file = plain(digest);
    if (existsSync(`${file}.zst`)) return `${file}.zst`;
    return existsSync(file) ? file : null;
  };
  return {
    async put(bytes) {
      const digest = digestOf(bytes);
      const there = find(digest);
      if (there !== null && holds(there, digest)) return digest;
      const file = plain(digest);
      prepare(path.dirname(file));
      if (bytes.length > compressFrom) writeWhole(`${file}.zst`, zstdCompressSync(bytes), { mode: 0o600 });
      else writeWhole(file, bytes, { mode: 0o600 });
      return digest;
    },
    async get(digest) {
      const file = find(digest);
      if (file === null) {
        throw new CodedError('document-missing', `document ${digest} is not in ${folder}`, {
          remedy: 'restore the folder from a backup; kvitto verify --ledger lists all that is missing',
        });
      }
      const bytes = unpack(file);
      if (digestOf(bytes) !== digest) throw altered(file, digest);
      return bytes;
    },
    async has(digest) {
      return find(digest) !== null;
    },
    async remove(digest) {
      const file = find(digest);
      if (file !== null) rmSync(file);
    },
    async list() {
      if (!existsSync(folder)) return [];
      const found = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((f) => f.isFile());
      const names = found.map((f) => `sha256:${path.basename(f.parentPath)}${f.name.replace(/\.zst$/, '')}`);
      return names.filter(isDigest).sort();
    },
    placeOf(digest) {
      return path.relative(path.dirname(folder), find(digest) ?? plain(digest));
    },
  };

  /** What was damaged meanwhile is no copy: an entry that named it would be acknowledged and lost. */
  function holds(file: string, digest: Digest): boolean {
    try {
      if (digestOf(unpack(file)) !== digest) return false;
    } catch {
      return false;
    }
    // Whoever wrote it may not have come as far as this.
    syncFolder(path.dirname(file));
    return true;
  }

  function prepare(at: string): void {
    try {
      makeFolder(at);
    } catch (thrown) {
      throw writeFailure(at, thrown, remedies);
    }
  }

  function unpack(file: string): Uint8Array {
    try {
      const bytes = readFileSync(file);
      return file.endsWith('.zst') ? zstdDecompressSync(bytes, { maxOutputLength: maxDocumentBytes }) : bytes;
    } catch (thrown) {
      throw altered(file, messageOf(thrown), thrown);
    }
  }

  function altered(file: string, why: string, cause?: unknown): CodedError {
    return new CodedError(
      'digest-mismatch',
      `document ${path.relative(path.dirname(folder), file)} is not what was written: ${why}`,
      {
        remedy: 'it was altered or is damaged; restore it from a backup',
        ...(cause !== undefined && { cause }),
      },
    );
  }
}
