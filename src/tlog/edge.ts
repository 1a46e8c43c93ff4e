import { emptyRoot, nodeHash } from './hash.ts';
import { tileWidth } from './tiles.ts';

/**
 * The right edge of a tree: for every tile level the hashes of its last tile, when that is not full. It is all that is needed
 * to know the root and to append. `edge[0]` are leaf hashes; the last level is never empty.
 */
export type Edge = readonly (readonly Uint8Array[])[];

/** A tile that appending filled or lengthened. */
export interface GrownTile {
  readonly level: number;
  readonly index: number;
  readonly hashes: readonly Uint8Array[];
}

/** The root of the subtree over hashes whose number is a power of two. */
export function perfectRoot(hashes: readonly Uint8Array[]): Uint8Array {
  let row = hashes;
  while (row.length > 1) {
    const above: Uint8Array[] = [];
    for (let i = 0; i + 1 < row.length; i += 2) above.push(nodeHash(row[i] ?? emptyRoot, row[i + 1] ?? emptyRoot));
    row = above;
  }
  return row[0] ?? emptyRoot;
}

/** The root of the tree with this edge. */
export function edgeRoot(edge: Edge): Uint8Array {
  let right: Uint8Array | null = null;
  for (const hashes of edge) {
    // The complete subtrees of a tile, from the right: the bits of its width from the lowest.
    let end = hashes.length;
    for (let width = 1; width <= end; width *= 2) {
      if (end % (width * 2) === 0) continue;
      const left = perfectRoot(hashes.slice(end - width, end));
      right = right === null ? left : nodeHash(left, right);
      end -= width;
    }
  }
  return right ?? emptyRoot;
}

/** Hashes of level `level` in a tree of `size`: floor(size / 256^level). */
export function hashesAt(level: number, size: number): number {
  return Math.floor(size / tileWidth ** level);
}

/** The tile levels of a tree of `size`; 0 for the empty one. */
export function tileLevels(size: number): number {
  let levels = 0;
  while (hashesAt(levels, size) > 0) levels++;
  return levels;
}

/**
 * The edge after appending leaf hashes to a tree of `size`, and every tile of the new tree that the old one did not have:
 * those that became full, and the last of each level where it grew.
 */
export function grow(edge: Edge, size: number, leaves: readonly Uint8Array[]): { edge: Edge; tiles: GrownTile[] } {
  const grown: Uint8Array[][] = [];
  const tiles: GrownTile[] = [];
  let fresh: readonly Uint8Array[] = leaves;
  for (let level = 0; level < edge.length || fresh.length > 0; level++) {
    let hashes = [...(edge[level] ?? [])];
    let index = Math.floor(hashesAt(level, size) / tileWidth);
    const above: Uint8Array[] = [];
    for (const hash of fresh) {
      hashes.push(hash);
      if (hashes.length < tileWidth) continue;
      tiles.push({ level, index, hashes });
      above.push(perfectRoot(hashes));
      hashes = [];
      index++;
    }
    if (fresh.length > 0 && hashes.length > 0) tiles.push({ level, index, hashes });
    grown.push(hashes);
    fresh = above;
  }
  return { edge: grown, tiles };
}
