import { constants, zstdCompressSync } from 'node:zlib';
import { blockBytes } from '../store/format.ts';

const options = {
  params: { [constants.ZSTD_c_compressionLevel]: 6, [constants.ZSTD_c_checksumFlag]: 1 },
};

/** Gathers the lines of neighbouring keys into compressed blocks; `put` gets each block with its first key. */
export class BlockPacker<Key extends string | number> {
  readonly #put: (first: Key, data: Uint8Array) => void;
  #first: Key | null = null;
  #lines: string[] = [];
  #length = 0;

  constructor(put: (first: Key, data: Uint8Array) => void) {
    this.#put = put;
  }

  /** `line`: a JSON list whose first item is the key. Keys come in order, each once. */
  add(key: Key, line: string): void {
    this.#first ??= key;
    this.#lines.push('\n', line);
    this.#length += line.length + 1;
    if (this.#length >= blockBytes) this.flush();
  }

  flush(): void {
    if (this.#first !== null) this.#put(this.#first, zstdCompressSync(this.#lines.join(''), options));
    this.#first = null;
    this.#lines = [];
    this.#length = 0;
  }
}
