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
    end: () => condense(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)),
  };
}
