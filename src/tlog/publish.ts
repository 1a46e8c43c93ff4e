import { type Edge, grow, hashesAt, tileLevels } from './edge.ts';
import { LogError } from './errors.ts';
import type { LogStorage } from './storage/storage.ts';
import type { TileReader } from './tile-reader.ts';
import { encodeEntries, encodeHashes, entriesPath, partialsFolder, tilePath, tileWidth } from './tiles.ts';

/** What a publish writes before the checkpoint, and the end of the log behind it. */
export interface PublishPlan {
  readonly files: readonly { readonly path: string; readonly bytes: () => Uint8Array }[];
  readonly edge: Edge;
  /** The entries of the last bundle, when that is not full. */
  readonly tail: readonly Uint8Array[];
}

/** The entries of the last bundle of a tree of `size`, when that is not full. */
export async function readTail(reader: TileReader, size: number): Promise<readonly Uint8Array[]> {
  return size % tileWidth === 0 ? [] : await reader.bundle(Math.floor(size / tileWidth));
}

/** Every tile and bundle that the tree has after appending, and did not have before: nothing else is written or hashed. */
export function planPublish(
  before: { readonly size: number; readonly edge: Edge; readonly tail: readonly Uint8Array[] },
  entries: readonly Uint8Array[],
  leaves: readonly Uint8Array[],
): PublishPlan {
  const { edge, tiles } = grow(before.edge, before.size, leaves);
  const files: { path: string; bytes: () => Uint8Array }[] = [];
  const all = [...before.tail, ...entries];
  const firstBundle = Math.floor(before.size / tileWidth);
  let tail: readonly Uint8Array[] = all;
  for (let at = 0; at < all.length && entries.length > 0; at += tileWidth) {
    const bundle = all.slice(at, at + tileWidth);
    const path = entriesPath(firstBundle + at / tileWidth, bundle.length);
    files.push({ path, bytes: () => encodeEntries(bundle) });
    tail = bundle.length === tileWidth ? [] : bundle;
  }
  for (const { level, index, hashes } of tiles) {
    files.push({ path: tilePath(level, index, hashes.length), bytes: () => encodeHashes(hashes) });
  }
  return { files, edge, tail };
}

const writesAtOnce = 4;

/** Puts every file, a few at a time. Each is durable once this resolves; none is begun after the first failure. */
export async function writeAll(storage: LogStorage, files: PublishPlan['files']): Promise<void> {
  let next = 0;
  let failed = false;
  const work = async () => {
    for (let file = files[next++]; file !== undefined && !failed; file = files[next++]) {
      try {
        await storage.put(file.path, file.bytes());
      } catch (thrown) {
        failed = true;
        throw explained(thrown);
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: writesAtOnce }, work));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

function explained(thrown: unknown): unknown {
  if (!(thrown instanceof LogError) || thrown.code !== 'immutable') return thrown;
  return new LogError(
    'immutable',
    `${thrown.message}: other entries were written at this place, by a publish that was not finished or by another writer. ` +
      'Publish the entries of that time, or look for the other writer',
    { place: thrown.place ?? 'tile', cause: thrown },
  );
}

/**
 * Removes the partial forms of the tiles and bundles that became full between two sizes. To be called once the checkpoint of
 * the new size is durable; c2sp.org/tlog-tiles allows it from then on. What cannot be removed stays, and does no harm.
 */
export async function removeOldPartials(storage: LogStorage, oldSize: number, size: number): Promise<void> {
  const full: string[] = [];
  for (let level = 0; level < tileLevels(size); level++) {
    const last = Math.floor(hashesAt(level, oldSize) / tileWidth);
    if (Math.floor(hashesAt(level, size) / tileWidth) <= last) continue;
    full.push(tilePath(level, last, tileWidth));
    if (level === 0) full.push(entriesPath(last, tileWidth));
  }
  try {
    for (const path of full) {
      for (const partial of await storage.list(partialsFolder(path))) await storage.remove(partial);
    }
  } catch (thrown) {
    if (!(thrown instanceof LogError)) throw thrown;
  }
}
