import type { Extractor } from '../../../cataloger.ts';
import { type BuildInfo, BuildInfoScan } from './build-info-scan.ts';
import { readLayout } from './recognise.ts';

/** All headers of an executable, and what Go marks its binaries with, lie within this. */
const headBytes = 64 << 10;

/**
 * In an ELF file the note lies in its first page and the code of Go's own linker begins with the second. What other
 * linkers put elsewhere is a note as well.
 */
const elfMarkBytes = 8 << 10;

/** What the linker writes at the begin of the code, and the name of its ELF note. */
const marks = ['\xff Go build ID: "', '\x04\0\0\0Go\0\0', '\0\0\0\x04Go\0\0'].map((mark) =>
  Buffer.from(mark, 'latin1'),
);

/** What is kept of an executable: its build information, or that it is one of Go without any. */
export type Kept = BuildInfo | { readonly missing: true };

/**
 * Takes an executable as it streams by and keeps its Go build information. What is not an ELF, PE or Mach-O file is let go at its first bytes;
 * of other executables the headers are read, and only their writable data is looked through, which is little.
 */
export class GoExtractor implements Extractor {
  /** The first bytes of the executable, which in a universal binary begins at `#base` of the file. */
  #head: Buffer | null = null;
  #headLength = 0;
  readonly #headMost: number;
  #base = 0;
  #next = 0;
  #isGo = false;
  #scan: BuildInfoScan | null = null;
  #over = false;

  constructor(sizeBytes: number) {
    this.#headMost = Math.min(headBytes, sizeBytes);
  }

  push(chunk: Uint8Array): boolean {
    let bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    this.#next += bytes.length;
    while (!this.#over && this.#scan === null && bytes.length > 0) {
      bytes = this.#fillHead(bytes, this.#next - bytes.length);
      if (!this.#over) this.#readHead(false);
    }
    if (!this.#over && this.#scan !== null && bytes.length > 0) {
      this.#over = !this.#scan.push(bytes, this.#next - bytes.length - this.#base);
    }
    return !this.#over;
  }

  end(): Uint8Array | null {
    if (!this.#over && this.#scan === null) this.#readHead(true);
    const found: Kept | null = this.#scan?.found ?? (this.#isGo || this.#scan?.broken ? { missing: true } : null);
    return found === null ? null : Buffer.from(JSON.stringify(found));
  }

  /** Copies what of `bytes`, which begin at `at` of the file, belongs to the head, and gives back what is behind it. */
  #fillHead(bytes: Buffer, at: number): Buffer {
    const mine = bytes.subarray(Math.min(bytes.length, Math.max(0, this.#base - at)));
    if (this.#head === null) {
      // Most files show by their first bytes that they are none, and need no buffer.
      this.#over = mine.length >= 4 && readLayout(mine, false) === null;
      if (this.#over || mine.length === 0) return Buffer.alloc(0);
      // Nearly always all of it comes at once, and is read where it is.
      this.#headLength = Math.min(this.#headMost, mine.length);
      if (this.#headLength === this.#headMost) {
        this.#head = mine.subarray(0, this.#headLength);
        return mine.subarray(this.#headLength);
      }
      this.#head = Buffer.allocUnsafe(this.#headMost);
      mine.copy(this.#head);
      return mine.subarray(this.#headLength);
    }
    const copied = mine.copy(this.#head, this.#headLength);
    this.#headLength += copied;
    return mine.subarray(copied);
  }

  #readHead(whole: boolean): void {
    const head = (this.#head ?? Buffer.alloc(0)).subarray(0, this.#headLength);
    const recognised = readLayout(head, whole || this.#headLength === this.#headMost);
    if (recognised === 'more') return;
    this.#head = null;
    this.#headLength = 0;
    if (recognised === null) this.#over = true;
    else if ('layout' in recognised) {
      const marked = head[0] === 0x7f ? head.subarray(0, elfMarkBytes) : head;
      this.#isGo = marks.some((mark) => marked.includes(mark));
      this.#scan = new BuildInfoScan(recognised.layout, this.#isGo);
      this.#over = !this.#scan.push(head, 0);
    } else if (this.#base !== 0) this.#over = true;
    else {
      // Only one level: a universal binary inside a universal binary is none. The slice may begin within what was read.
      this.#base = recognised.slice;
      this.#fillHead(head, 0);
      if (whole) this.#readHead(true);
    }
  }
}
