import { LogError } from './errors.ts';
import { emptyRoot, hashBytes, nodeHash, sameBytes } from './hash.ts';

/** A claim that the entry with hash `leaf` is at `index` of the tree of `size` with `root`. */
export interface InclusionClaim {
  /** `leafHash(entry)`. */
  readonly leaf: Uint8Array;
  readonly index: number;
  readonly size: number;
  readonly proof: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** A claim that the tree of `oldSize` is the beginning of the tree of `size`. */
export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly oldRoot: Uint8Array;
  readonly size: number;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** Checks an inclusion proof (RFC 9162 section 2.1.3.2). Returns, or throws `proof`. */
export function verifyInclusion({ leaf, index, size, proof, root }: InclusionClaim): void {
  const place = `entry ${index}`;
  expectSizes([index, size], place);
  expectHashes([leaf, root, ...proof], place);
  if (index >= size) throw new LogError('proof', `entry ${index} is not in a tree of ${size}`, { place });
  let at = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0) throw new LogError('proof', `the proof of entry ${index} is too long`, { place });
    if (isOdd(at) || at === last) {
      hash = nodeHash(sibling, hash);
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  if (last !== 0) throw new LogError('proof', `the proof of entry ${index} is too short`, { place });
  if (!sameBytes(hash, root)) {
    throw new LogError('proof', `the proof of entry ${index} does not lead to the root of the tree of ${size}`, {
      place,
    });
  }
}

/** Checks a consistency proof (RFC 9162 section 2.1.4.2); the empty tree is the beginning of every tree. Returns, or throws `proof`. */
export function verifyConsistency({ oldSize, oldRoot, size, root, proof }: ConsistencyClaim): void {
  const place = `sizes ${oldSize} and ${size}`;
  const refuse = (why: string) =>
    new LogError('proof', `the trees of ${oldSize} and ${size} are not shown to agree: ${why}`, { place });
  expectSizes([oldSize, size], place);
  expectHashes([oldRoot, root, ...proof], place);
  if (oldSize > size) throw refuse('the second is smaller');
  if (oldSize === 0 || oldSize === size) {
    if (proof.length > 0) throw refuse('the proof is too long');
    if (!sameBytes(oldRoot, oldSize === 0 ? emptyRoot : root)) throw refuse('another old root');
    if (size === 0 && !sameBytes(root, emptyRoot)) throw refuse('another root');
    return;
  }
  let at = oldSize - 1;
  let last = size - 1;
  while (isOdd(at)) [at, last] = [half(at), half(last)];
  // An old tree of a power of two is a subtree of the new one, and its root is not repeated in the proof.
  const [first, ...rest] = at === 0 ? [oldRoot, ...proof] : proof;
  if (first === undefined) throw refuse('the proof is too short');
  let oldHash = first;
  let hash = first;
  for (const next of rest) {
    if (last === 0) throw refuse('the proof is too long');
    if (isOdd(at) || at === last) {
      oldHash = nodeHash(next, oldHash);
      hash = nodeHash(next, hash);
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      hash = nodeHash(hash, next);
    }
    [at, last] = [half(at), half(last)];
  }
  if (last !== 0) throw refuse('the proof is too short');
  if (!sameBytes(oldHash, oldRoot)) throw refuse('the proof does not lead to the old root');
  if (!sameBytes(hash, root)) throw refuse('the proof does not lead to the root');
}

const isOdd = (value: number) => value % 2 === 1;
const half = (value: number) => Math.floor(value / 2);

function expectSizes(values: readonly number[], place: string): void {
  for (const value of values) {
    if (!Number.isSafeInteger(value) || value < 0)
      throw new LogError('proof', `${value} is no index or size`, { place });
  }
}

function expectHashes(hashes: readonly Uint8Array[], place: string): void {
  // A path is never longer than the bits of a size; more would only cost time.
  if (hashes.length > 2 + 64) throw new LogError('proof', `${place}: the proof is too long`, { place });
  if (hashes.some((hash) => hash.length !== hashBytes)) {
    throw new LogError('proof', `${place}: a hash is not of ${hashBytes} bytes`, { place });
  }
}
