import { LogError } from './errors.ts';
import { emptyRoot, nodeHash } from './hash.ts';

/**
 * Gives the hash of the complete subtree over the entries `index * 2^level` up to `(index + 1) * 2^level`; level 0 are the
 * leaf hashes. Which ones are asked for depends on indexes and sizes alone, never on a hash.
 */
export type HashReader = (level: number, index: number) => Uint8Array;

type Range = readonly [from: number, to: number];

/** The root of the first `size` entries: MTH of RFC 6962 section 2.1. */
export function rootHash(size: number, read: HashReader): Uint8Array {
  expectIndex(size, 'size');
  return size === 0 ? emptyRoot : rangeHash([0, size], read);
}

/** The audit path of an entry, from the leaf up: PATH of RFC 6962 section 2.1.1. Throws `proof` where `index` is not below `size`. */
export function inclusionProof(index: number, size: number, read: HashReader): Uint8Array[] {
  expectIndex(index, 'index');
  expectIndex(size, 'size');
  if (index >= size) throw new LogError('proof', `entry ${index} is not in a tree of ${size}`);
  const path: Range[] = [];
  let from = 0;
  let to = size;
  while (to - from > 1) {
    const middle = from + split(to - from);
    if (index < middle) {
      path.push([middle, to]);
      to = middle;
    } else {
      path.push([from, middle]);
      from = middle;
    }
  }
  return path.reverse().map((range) => rangeHash(range, read));
}

/**
 * That the first `oldSize` entries of a tree of `size` are those of the tree of `oldSize`: PROOF of RFC 6962 section 2.1.2.
 * Empty for an `oldSize` of 0 and of `size`. Throws `proof` where `oldSize` is above `size`.
 */
export function consistencyProof(oldSize: number, size: number, read: HashReader): Uint8Array[] {
  expectIndex(oldSize, 'old size');
  expectIndex(size, 'size');
  if (oldSize > size) throw new LogError('proof', `a tree of ${oldSize} cannot be the beginning of one of ${size}`);
  if (oldSize === 0) return [];
  const path: Range[] = [];
  let from = 0;
  let to = size;
  while (oldSize !== to) {
    const middle = from + split(to - from);
    if (oldSize <= middle) {
      path.push([middle, to]);
      to = middle;
    } else {
      path.push([from, middle]);
      from = middle;
    }
  }
  // The verifier already holds the old root: it is left out where it is a whole subtree of the new tree.
  if (from > 0) path.push([from, to]);
  return path.reverse().map((range) => rangeHash(range, read));
}

/** The hash over entries that begin at a multiple of a power of two not smaller than their number. */
function rangeHash([from, to]: Range, read: HashReader): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let at = from; at < to; ) {
    let level = 0;
    let width = 1;
    while (width * 2 <= to - at) {
      width *= 2;
      level++;
    }
    parts.push(read(level, at / width));
    at += width;
  }
  return parts.reduceRight((right, left) => nodeHash(left, right));
}

/** The largest power of two smaller than `size`. No bit operators: sizes go up to 2^53. */
function split(size: number): number {
  let width = 1;
  while (width * 2 < size) width *= 2;
  return width;
}

function expectIndex(value: number, what: string): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new LogError('proof', `${value} is no ${what}`);
}
