import { type Edge, hashesAt, perfectRoot } from './edge.ts';
import { LogError } from './errors.ts';
import { emptyRoot, leafHash, sameBytes } from './hash.ts';
import type { LogStorage } from './storage/storage.ts';
import { decodeEntries, decodeHashes, encodeHashes, entriesPath, tilePath, tileWidth } from './tiles.ts';
import type { HashReader } from './tree.ts';

/** Full tiles kept, of 8 KiB each. */
const keptTiles = 128;
/** Bundles of entries kept: they may be 16 MiB each. */
const keptBundles = 2;

/**
 * Reads the hashes and entries of the tree of `size` with this edge, which the caller has held against the signed root. Each
 * full tile is held against the hash above it, and each entry against its leaf hash, so that nothing is given out that does
 * not lead to that root. Throws `inconsistent` with the tile or entry as place, and what the storage throws.
 */
export class TileReader {
  readonly #storage: LogStorage;
  readonly #size: number;
  readonly #edge: Edge;
  readonly #tiles = new Map<string, readonly Uint8Array[]>();
  readonly #bundles = new Map<number, readonly Uint8Array[]>();

  constructor(storage: LogStorage, size: number, edge: Edge) {
    this.#storage = storage;
    this.#size = size;
    this.#edge = edge;
  }

  /** What `compute` makes of the tree's hashes. It is run twice: first to see which tiles it needs. */
  async with<T>(compute: (read: HashReader) => T): Promise<T> {
    const needed = new Map<string, readonly [level: number, index: number]>();
    compute((level, index) => {
      const tile = tileOf(level, index);
      needed.set(`${tile.level}/${tile.index}`, [tile.level, tile.index]);
      return emptyRoot;
    });
    const loaded = new Map<string, readonly Uint8Array[]>();
    for (const [key, [level, index]] of needed) loaded.set(key, await this.tile(level, index));
    return compute((level, index) => {
      const tile = tileOf(level, index);
      const hashes = loaded.get(`${tile.level}/${tile.index}`)?.slice(tile.from, tile.from + tile.count);
      if (hashes?.length !== tile.count) throw new RangeError(`no hash ${level}/${index} in a tree of ${this.#size}`);
      // A copy: what a caller does with a proof must not reach the edge.
      return new Uint8Array(perfectRoot(hashes));
    });
  }

  /** The hashes of a tile of this tree: of the last of a level as many as there are. */
  async tile(level: number, index: number): Promise<readonly Uint8Array[]> {
    const last = Math.floor(hashesAt(level, this.#size) / tileWidth);
    if (index === last) return this.#edge[level] ?? [];
    if (index > last) throw new RangeError(`no tile ${level}/${index} in a tree of ${this.#size}`);
    const path = tilePath(level, index, tileWidth);
    const kept = this.#tiles.get(path);
    if (kept !== undefined) {
      this.#tiles.delete(path);
      this.#tiles.set(path, kept);
      return kept;
    }
    const above = await this.tile(level + 1, Math.floor(index / tileWidth));
    const bytes = await this.#storage.get(path);
    const hashes = bytes === null ? null : decodeHashes(bytes, tileWidth);
    const expected = above[index % tileWidth];
    if (hashes === null || expected === undefined || !sameBytes(perfectRoot(hashes), expected)) {
      const what = bytes === null ? 'is missing' : 'does not lead to the signed root';
      throw new LogError('inconsistent', `${path} ${what}: check the log`, { place: path });
    }
    keep(this.#tiles, path, hashes, keptTiles);
    return hashes;
  }

  /** The entries of a bundle of this tree: of the last one as many as there are. */
  async bundle(index: number): Promise<readonly Uint8Array[]> {
    const kept = this.#bundles.get(index);
    if (kept !== undefined) return kept;
    const hashes = await this.tile(0, index);
    const { path, bytes } = await readEntryBytes(this.#storage, index, hashes.length);
    if (bytes === null) throw new LogError('inconsistent', `${path} is missing: check the log`, { place: path });
    const entries = openBundle(bytes, hashes.length, path);
    for (const [at, entry] of entries.entries()) {
      if (sameBytes(leafHash(entry), hashes[at] ?? emptyRoot)) continue;
      const place = `entry ${index * tileWidth + at} in ${path}`;
      throw new LogError('inconsistent', `${place} is not the one that the log was signed with`, { place });
    }
    keep(this.#bundles, index, entries, keptBundles);
    return entries;
  }
}

/** The tile, and the place in it, whose hashes make up a complete subtree. */
function tileOf(level: number, index: number): { level: number; index: number; from: number; count: number } {
  const count = 2 ** (level % 8);
  const first = index * count;
  return { level: Math.floor(level / 8), index: Math.floor(first / tileWidth), from: first % tileWidth, count };
}

function openBundle(bytes: Uint8Array, count: number, path: string): Uint8Array[] {
  try {
    return decodeEntries(bytes, count);
  } catch (thrown) {
    if (!(thrown instanceof LogError)) throw thrown;
    throw new LogError('inconsistent', `${path}: ${thrown.message}`, { place: path, cause: thrown });
  }
}

function keep<K, V>(kept: Map<K, V>, key: K, value: V, most: number): void {
  kept.set(key, value);
  for (const oldest of kept.keys()) {
    if (kept.size <= most) return;
    kept.delete(oldest);
  }
}

/**
 * The first `width` hashes of a tile as they are stored: a partial tile may have been removed once the full one was there.
 * Null hashes where it is missing or of another length.
 */
export async function readTile(
  storage: LogStorage,
  level: number,
  index: number,
  width: number,
): Promise<{ path: string; bytes: Uint8Array | null }> {
  const path = tilePath(level, index, width);
  const bytes = await storage.get(path);
  if (bytes !== null || width === tileWidth) return { path, bytes };
  const fullPath = tilePath(level, index, tileWidth);
  const full = await storage.get(fullPath);
  if (full === null) return { path, bytes };
  const hashes = decodeHashes(full, tileWidth);
  return { path: fullPath, bytes: hashes === null ? full : encodeHashes(hashes.slice(0, width)) };
}

/** The bytes of the bundle that holds the first `width` entries at `index`, cut to them where it is the full one. */
export async function readEntryBytes(
  storage: LogStorage,
  index: number,
  width: number,
): Promise<{ path: string; bytes: Uint8Array | null }> {
  const path = entriesPath(index, width);
  const bytes = await storage.get(path);
  if (bytes !== null || width === tileWidth) return { path, bytes };
  const fullPath = entriesPath(index, tileWidth);
  const full = await storage.get(fullPath);
  return { path: full === null ? path : fullPath, bytes: full === null ? null : firstEntries(full, width) };
}

/** The bytes of the first `width` entries of a bundle; all of them where they are fewer. */
function firstEntries(bytes: Uint8Array, width: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  for (let entry = 0; entry < width && at + 2 <= bytes.length; entry++) at += 2 + view.getUint16(at);
  return bytes.subarray(0, at);
}
