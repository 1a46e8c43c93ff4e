import type { Layout } from './layout.ts';

/** What a Go binary says about itself; empty strings for what it does not say. */
export interface BuildInfo {
  /** `go1.22.3`, with whatever the builder appended. */
  readonly goVersion: string;
  /** Lines of `path`, `mod`, `dep`, `=>` and `build` with their fields, as `go version -m` prints them. */
  readonly modules: string;
}

const magic = Buffer.from('\xff Go buildinf:', 'latin1');
const headerBytes = 32;
/** The linker puts these around the module text (cmd/go/internal/modload, "infoStart" and "infoEnd"). */
const textStart = Buffer.from('3077af0c9274080241e1c107e6d618e6', 'hex');
const textEnd = Buffer.from('f932433186182072008242104116d8f2', 'hex');
const versionStart = Buffer.from('go1.', 'latin1');

/** No binary has this many modules: a text that claims more is an attack. */
const mostTextBytes = 8 << 20;
const mostVersionBytes = 512;
const mostVersions = 65_536;
/** As much as must be seen in one piece: a header, or a version with its two neighbours. */
const seamBytes = 64;

/**
 * Looks for Go's build information in an executable that streams by. The information stands in writable data, at a multiple of 16: since
 * Go 1.18 as text right behind its header; before, as two addresses of Go strings, whose text stands before it in the
 * file. So for an older or unknown Go all text that may be meant is noted on the way (`lookBack`). Source: debug/buildinfo of Go.
 */
export class BuildInfoScan {
  readonly #layout: Layout;
  #lookBack: boolean;
  #seam: Buffer = Buffer.alloc(0);
  /** Bytes from the header on, of information in the format since Go 1.18, and how many are worth a look. */
  #inline: Gathered | null = null;
  #inlineNeeds = 0;
  /** Place and size of the Go string that holds the version, before Go 1.18. */
  #pointer: { readonly at: number; readonly wordBytes: number; readonly bigEndian: boolean } | null = null;
  /** The module text before Go 1.18, as far as it has come by. */
  #text: Gathered | null = null;
  #modules: string | null = null;
  readonly #versions = new Map<number, string>();
  #found: BuildInfo | null = null;

  constructor(layout: Layout, lookBack: boolean) {
    this.#layout = layout;
    this.#lookBack = lookBack && !layout.inline;
  }

  /** What was found; the modules without a version where only they could be read. Null where there was nothing. */
  get found(): BuildInfo | null {
    if (this.#found !== null) return this.#found;
    return this.#modules === null ? null : { goVersion: '', modules: this.#modules };
  }

  /** Whether there is a header, but what it leads to could not be read. */
  get broken(): boolean {
    return this.#found === null && this.#inline !== null;
  }

  /** Takes the next bytes, which begin at `at`, and says whether more are needed. */
  push(chunk: Buffer, at: number): boolean {
    if (this.#inline !== null) {
      this.#inline.add(chunk);
      return this.#inline.length < this.#inlineNeeds || this.#readInline();
    }
    const seam = this.#seam;
    const end = at + chunk.length;
    const start = at - seam.length;
    const last = this.#layout.data.at(-1)?.end ?? 0;
    const inData = this.#layout.data.some((stretch) => stretch.start < end && stretch.end > start);
    this.#seam = tailOf(seam, chunk);
    if (!this.#lookBack && this.#pointer === null) {
      if (!inData) return end < last;
      // The two pieces are looked through apart: joining them would copy every chunk of data.
      const edge = Buffer.concat([seam, chunk.subarray(0, seamBytes)]);
      const across = this.#findHeader(edge, start);
      across?.add(chunk.subarray(seamBytes));
      if (across !== null || (this.#pointer === null && this.#findHeader(chunk, at) !== null))
        return this.#readInline();
      if (this.#pointer === null) return end < last;
    }
    const window = Buffer.concat([seam, chunk]);
    if (this.#lookBack) this.#noteTexts(window, chunk, start);
    if (this.#pointer === null && inData && this.#findHeader(window, start) !== null) return this.#readInline();
    if (this.#pointer !== null) return this.#followPointer(window, start);
    return end < last;
  }

  /** Finds a header. Of the format since Go 1.18 the bytes are collected from it on, and given back. */
  #findHeader(window: Buffer, start: number): Gathered | null {
    for (const stretch of this.#layout.data) {
      const from = Math.max(0, stretch.start - start);
      // A header may reach over the end of its stretch.
      const to = Math.min(window.length, stretch.end - start + headerBytes);
      if (from >= to) continue;
      const part = window.subarray(from, to);
      for (let p = part.indexOf(magic); p >= 0 && p + headerBytes <= part.length; p = part.indexOf(magic, p + 1)) {
        const at = start + from + p;
        if (at % 16 !== 0 || at >= stretch.end) continue;
        const wordBytes = part[p + 14] ?? 0;
        const flags = part[p + 15] ?? 0;
        if ((flags & 2) !== 0) {
          this.#inline = new Gathered(window.subarray(from + p));
          return this.#inline;
        }
        if (flags > 1 || (wordBytes !== 4 && wordBytes !== 8)) continue;
        const bigEndian = flags === 1;
        const place = this.#placeOf(readWord(part, p + 16, wordBytes, bigEndian));
        if (place === null) continue;
        this.#pointer = { at: place, wordBytes, bigEndian };
        return null;
      }
    }
    return null;
  }

  /** True: more bytes are needed. */
  #readInline(): boolean {
    if (this.#inline === null) return true;
    const bytes = this.#inline.joined();
    this.#inlineNeeds = bytes.length + 1;
    const version = lengthAt(bytes, headerBytes);
    if (version === 'more') return true;
    if (version === null || version.length > mostVersionBytes) return false;
    const modules = lengthAt(bytes, version.at + version.length);
    if (modules === 'more') return true;
    if (modules === null || modules.length > mostTextBytes) return false;
    this.#inlineNeeds = modules.at + modules.length;
    if (this.#inlineNeeds > bytes.length) return true;
    this.#found = {
      goVersion: bytes.toString('utf8', version.at, version.at + version.length),
      modules: unwrapped(bytes.subarray(modules.at, modules.at + modules.length)),
    };
    return false;
  }

  /** Notes what may be the module text or the Go version of the older format. */
  #noteTexts(window: Buffer, chunk: Buffer, start: number): void {
    for (
      let p = window.indexOf(versionStart);
      p >= 0 && this.#versions.size < mostVersions;
      p = window.indexOf(versionStart, p + 1)
    ) {
      this.#versions.set(start + p, window.toString('latin1', p, p + 48));
    }
    if (this.#modules !== null) return;
    const begin = this.#text === null ? window.indexOf(textStart) : 0;
    if (begin < 0) return;
    if (this.#text === null) this.#text = new Gathered(window.subarray(begin));
    else this.#text.add(chunk);
    if (window.indexOf(textEnd, begin) >= 0) {
      const text = this.#text.joined();
      const end = text.indexOf(textEnd);
      if (end >= 0) this.#modules = text.toString('utf8', textStart.length, end);
    }
    if (this.#modules !== null || this.#text.length > mostTextBytes) this.#text = null;
  }

  /** Reads the Go string of the version, once it has come by. True: more bytes are needed. */
  #followPointer(window: Buffer, start: number): boolean {
    const pointer = this.#pointer;
    if (pointer === null) return true;
    const p = pointer.at - start;
    if (p >= 0 && p + 2 * pointer.wordBytes > window.length) return true;
    let goVersion = '';
    if (p >= 0) {
      const place = this.#placeOf(readWord(window, p, pointer.wordBytes, pointer.bigEndian));
      const length = Number(readWord(window, p + pointer.wordBytes, pointer.wordBytes, pointer.bigEndian));
      goVersion = this.#versions.get(place ?? -1)?.slice(0, length) ?? '';
    }
    this.#found = { goVersion, modules: this.#modules ?? '' };
    return false;
  }

  /** Place in the file of a loaded address. */
  #placeOf(address: bigint): number | null {
    for (const segment of this.#layout.segments) {
      const into = address - segment.address;
      if (into >= 0n && into < BigInt(segment.end - segment.start)) return segment.start + Number(into);
    }
    return null;
  }
}

/** The last bytes of what has come by, copied. */
function tailOf(before: Buffer, chunk: Buffer): Buffer {
  if (chunk.length >= seamBytes) return Buffer.from(chunk.subarray(-seamBytes));
  return Buffer.concat([before, chunk]).subarray(-seamBytes);
}

/** Pieces of a stream, copied, put together only when they are looked at. */
class Gathered {
  #pieces: Buffer[] = [];
  length = 0;

  constructor(first: Buffer) {
    this.add(first);
  }

  add(piece: Buffer): void {
    this.#pieces.push(Buffer.from(piece));
    this.length += piece.length;
  }

  joined(): Buffer {
    const all = Buffer.concat(this.#pieces);
    this.#pieces = [all];
    return all;
  }
}

function readWord(bytes: Buffer, at: number, wordBytes: number, bigEndian: boolean): bigint {
  if (wordBytes === 4) return BigInt(bigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at));
  return bigEndian ? bytes.readBigUInt64BE(at) : bytes.readBigUInt64LE(at);
}

/** A length as encoding/binary's Uvarint at `at`, and where what it measures begins. Null for one of more than five bytes. */
function lengthAt(bytes: Buffer, at: number): { length: number; at: number } | 'more' | null {
  let length = 0;
  for (let i = 0; i < 5; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) return 'more';
    length += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { length, at: at + i + 1 };
  }
  return null;
}

function unwrapped(text: Buffer): string {
  if (text.length < 33 || text[text.length - 17] !== 0x0a) return '';
  return text.toString('utf8', 16, text.length - 16);
}
