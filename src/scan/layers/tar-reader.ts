import type { Limits } from '../limits.ts';
import { type Report, TarEntries, type TarEntry } from './tar-entries.ts';
import { blockBytes, decodeHeader } from './tar-header.ts';

/** Takes the content of one entry. */
export interface BodySink {
  /** A part of the content; the buffer is used again. False: the rest is not needed. */
  push(chunk: Buffer): boolean;
  /** Called once. `complete` is false where the archive ended too early. */
  end(complete: boolean): void;
}

/** Decides what becomes of an entry. Null: its content is passed over. */
export type OnEntry = (entry: TarEntry) => BodySink | null;

/**
 * Reads a tar archive (v7, ustar, pax, GNU) from chunks of any size that are pushed in, without copying content.
 * Nothing is thrown for bad input: `report` gets it, and `stopped` says that no more is read.
 */
export class TarReader {
  readonly #entries: TarEntries;
  readonly #report: Report;
  readonly #onEntry: OnEntry;
  readonly #carry = Buffer.allocUnsafeSlow(blockBytes);
  #carried = 0;
  #body = 0;
  #padding = 0;
  #sink: BodySink | null = null;
  #meta: { readonly bytes: Buffer; at: number } | null = null;
  #sparseMap = false;
  #zeros = 0;
  #stopped = false;

  constructor(limits: Limits, report: Report, onEntry: OnEntry) {
    this.#entries = new TarEntries(limits, report);
    this.#report = report;
    this.#onEntry = onEntry;
  }

  /** True behind the end of the archive, or behind a place that cannot be read over. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Stops from outside (a limit); the entry in progress is closed as incomplete. */
  stop(): void {
    this.#stopped = true;
    this.#close(false);
  }

  push(chunk: Buffer): void {
    let at = 0;
    const length = chunk.length;
    while (at < length && !this.#stopped) {
      if (this.#body > 0) {
        const size = Math.min(this.#body, length - at);
        if (this.#sink !== null || this.#meta !== null) this.#content(chunk.subarray(at, at + size));
        at += size;
        this.#body -= size;
        if (this.#body === 0) this.#close(true);
      } else if (this.#padding > 0) {
        const size = Math.min(this.#padding, length - at);
        at += size;
        this.#padding -= size;
      } else if (this.#carried === 0 && length - at >= blockBytes) {
        this.#header(chunk, at);
        at += blockBytes;
      } else {
        const size = Math.min(blockBytes - this.#carried, length - at);
        chunk.copy(this.#carry, this.#carried, at, at + size);
        this.#carried += size;
        at += size;
        if (this.#carried === blockBytes) {
          this.#carried = 0;
          this.#header(this.#carry, 0);
        }
      }
    }
  }

  /** To be called when there are no more bytes. */
  end(): void {
    if (this.#stopped) return;
    if (this.#body > 0 || this.#carried > 0 || this.#meta !== null || this.#sparseMap) {
      this.#report(
        'truncated',
        'end of archive',
        'The archive ends in the middle of an entry; what comes after is missing.',
      );
    }
    this.stop();
  }

  #content(part: Buffer): void {
    if (this.#meta !== null) {
      part.copy(this.#meta.bytes, this.#meta.at);
      this.#meta.at += part.length;
    } else if (this.#sink !== null && !this.#sink.push(part)) {
      const sink = this.#sink;
      this.#sink = null;
      sink.end(true);
    }
  }

  #close(complete: boolean): void {
    const sink = this.#sink;
    const meta = this.#meta;
    this.#sink = null;
    this.#meta = null;
    sink?.end(complete);
    if (meta !== null && complete) this.#entries.meta(meta.bytes);
  }

  #header(block: Buffer, at: number): void {
    if (this.#sparseMap) {
      this.#sparseMap = block[at + 504] === 1;
      if (!this.#sparseMap) this.#begin();
      return;
    }
    const raw = decodeHeader(block, at);
    if (raw === 'zero') {
      this.#zeros++;
      if (this.#zeros === 2) this.stop();
      return;
    }
    if (raw === 'checksum' || this.#zeros > 0) {
      const what =
        raw === 'checksum' ? 'A damaged header' : 'An entry behind a block of zeros, which readers disagree about';
      this.#report('malformed', 'archive', `${what}; the rest of the archive was not read.`);
      this.stop();
      return;
    }
    const meaning = this.#entries.header(raw);
    if (meaning === 'stop') {
      this.stop();
      return;
    }
    if (meaning === 'meta') this.#meta = { bytes: Buffer.allocUnsafe(this.#entries.contentBytes), at: 0 };
    else if (meaning !== 'skip') this.#sink = this.#onEntry(meaning);
    if (this.#stopped) return;
    this.#sparseMap = raw.sparseContinues;
    if (!this.#sparseMap) this.#begin();
  }

  /** The content starts here: behind the header, or behind the map blocks of an old GNU sparse entry. */
  #begin(): void {
    this.#body = this.#entries.contentBytes;
    this.#padding = (blockBytes - (this.#body % blockBytes)) % blockBytes;
    if (this.#body === 0) this.#close(true);
  }
}
