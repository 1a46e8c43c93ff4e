import type { Extractor } from '../cataloger.ts';

const nothing = new Uint8Array(0);

/** For a file of which only its being there counts. */
export function keepNothing(): Extractor {
  return { push: () => false, end: () => nothing };
}

/** Gathers a whole file, then keeps what `condense` makes of it. A file cut short is condensed as far as it came. */
export function keepCondensed(condense: (bytes: Uint8Array) => Uint8Array | null): Extractor {
  const chunks: Uint8Array[] = [];
  return {
    push(chunk) {
      // Not `slice`: that of a Buffer does not copy.
      chunks.push(new Uint8Array(chunk));
      return true;
    },
    end: () => condense(joined(chunks)),
  };
}

/** One array of its own memory: a small Buffer lies in a pool, and the few bytes that are kept would keep all of it. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const [first] = chunks;
  if (chunks.length === 1 && first !== undefined) return first;
  const all = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
