import { hash, randomBytes } from 'node:crypto';

/** What stands at a path of one layer. `file` covers hard links, `other` devices, pipes and symbolic links. */
export type PathKind = 'file' | 'directory' | 'other';

export interface PathFacts {
  readonly kind: PathKind;
  readonly sizeBytes: number;
  readonly mode: number;
}

/** A path's place in tables: 64 bits of a keyed hash. */
export interface PathKey {
  readonly high: number;
  readonly low: number;
}

/** Secret of this process: without it an attacker could compute two paths with one key, and hide a file behind another. */
const secret = randomBytes(16).toString('latin1');

export function pathKey(path: string): PathKey {
  const digest = hash('sha256', secret + path, 'binary');
  return { high: word(digest, 0), low: word(digest, 4) };
}

function word(text: string, at: number): number {
  return (
    (text.charCodeAt(at) |
      (text.charCodeAt(at + 1) << 8) |
      (text.charCodeAt(at + 2) << 16) |
      (text.charCodeAt(at + 3) << 24)) >>>
    0
  );
}

const kinds: readonly PathKind[] = ['file', 'directory', 'other'];
const occupied = 0x8000;

/**
 * Every path of a layer with its facts, without the paths themselves: some 24 bytes an entry, so that an image with
 * millions of files fits. Open addressing, at most three quarters full. Later entries of a path replace earlier ones.
 */
export class PathTable {
  #mask = 255;
  #high = new Uint32Array(256);
  #low = new Uint32Array(256);
  #size = new Float64Array(256);
  #facts = new Uint16Array(256);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  set(key: PathKey, kind: PathKind, sizeBytes: number, mode: number): void {
    if ((this.#count + 1) * 4 > (this.#mask + 1) * 3) this.#grow();
    const at = this.#slot(key.high, key.low);
    if (this.#facts[at] === 0) this.#count++;
    this.#put(at, key.high, key.low, sizeBytes, occupied | (kinds.indexOf(kind) << 12) | (mode & 0o7777));
  }

  get(key: PathKey): PathFacts | null {
    const at = this.#slot(key.high, key.low);
    const facts = this.#facts[at] ?? 0;
    if (facts === 0) return null;
    return { kind: kinds[(facts >> 12) & 3] ?? 'other', sizeBytes: this.#size[at] ?? 0, mode: facts & 0o7777 };
  }

  #slot(high: number, low: number): number {
    let at = low & this.#mask;
    while (this.#facts[at] !== 0 && (this.#low[at] !== low || this.#high[at] !== high)) at = (at + 1) & this.#mask;
    return at;
  }

  #put(at: number, high: number, low: number, sizeBytes: number, facts: number): void {
    this.#high[at] = high;
    this.#low[at] = low;
    this.#size[at] = sizeBytes;
    this.#facts[at] = facts;
  }

  #grow(): void {
    const [high, low, size, facts] = [this.#high, this.#low, this.#size, this.#facts];
    const length = (this.#mask + 1) * 2;
    this.#mask = length - 1;
    this.#high = new Uint32Array(length);
    this.#low = new Uint32Array(length);
    this.#size = new Float64Array(length);
    this.#facts = new Uint16Array(length);
    for (let i = 0; i < facts.length; i++) {
      if (facts[i] === 0) continue;
      const [h, l] = [high[i] ?? 0, low[i] ?? 0];
      this.#put(this.#slot(h, l), h, l, size[i] ?? 0, facts[i] ?? 0);
    }
  }
}
