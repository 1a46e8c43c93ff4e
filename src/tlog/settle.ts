import { sameBytes } from './hash.ts';

/** One hash as it is stored, and as what is below it says; null where there is none to be had. */
export interface Slot {
  readonly stored: Uint8Array | null;
  readonly below: Uint8Array | null;
}

/** Slots in doubt that are tried in every combination: 2^8 of them. */
const maxDoubts = 8;

/**
 * Which hashes lead to the expected one, so that it can be said what was altered: the hash that is stored, or what is below
 * it. Null where no choice leads there, or too many are in doubt. SHA-256 makes a wrong choice that fits impossible.
 */
export function settle(
  slots: readonly Slot[],
  expected: Uint8Array,
  fold: (hashes: readonly Uint8Array[]) => Uint8Array,
): Uint8Array[] | null {
  const doubts = slots.flatMap(({ stored, below }, i) =>
    stored !== null && below !== null && !sameBytes(stored, below) ? [i] : [],
  );
  const choices =
    doubts.length <= maxDoubts
      ? Array.from({ length: 2 ** doubts.length }, (_, mask) => mask)
      : [0, 2 ** maxDoubts - 1];
  for (const mask of choices) {
    const chosen: Uint8Array[] = [];
    for (const [i, { stored, below }] of slots.entries()) {
      const doubt = doubts.indexOf(i);
      // With many doubts only the two extremes are tried: everything as stored, or as below.
      const takeBelow = doubts.length > maxDoubts ? mask !== 0 : doubt >= 0 && Math.floor(mask / 2 ** doubt) % 2 === 1;
      const hash = takeBelow ? (below ?? stored) : (stored ?? below);
      if (hash === null) return null;
      chosen.push(hash);
    }
    if (sameBytes(fold(chosen), expected)) return chosen;
  }
  return null;
}
