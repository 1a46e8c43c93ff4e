const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;

/**
 * Cuts a zstd stream so that no chunk reaches over the end of a frame, and leaves skippable frames out. Node's decoder
 * takes a write that goes on behind a frame for the end of the stream and drops the rest without an error, and layers
 * with many frames are real (zstd:chunked, pzstd). Frame format: RFC 8878. What is no frame is passed on for the decoder to refuse.
 */
export async function* zstdFrames(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const cutter = new FrameCutter();
  for await (const chunk of bytes) yield* cutter.push(chunk);
  const rest = cutter.rest();
  if (rest.length > 0) yield rest;
}

type State = 'magic' | 'skippable-size' | 'skip' | 'descriptor' | 'header' | 'block-header' | 'block' | 'broken';

class FrameCutter {
  #state: State = 'magic';
  /** Bytes of the field in progress: its value so far, and how many were read. */
  #value = 0;
  #read = 0;
  /** Bytes still to pass over in this state. */
  #left = 0;
  #last = false;
  #checksum = false;
  #magic: number[] = [];

  *push(chunk: Uint8Array): Generator<Uint8Array> {
    let start = 0;
    let at = 0;
    while (at < chunk.length) {
      switch (this.#state) {
        case 'magic': {
          this.#magic.push(chunk[at++] ?? 0);
          start = at;
          if (this.#magic.length < 4) break;
          const magic = Buffer.from(this.#magic);
          this.#magic = [];
          const value = magic.readUInt32LE(0);
          if ((value & 0xfffffff0) >>> 0 === skippableMagic) this.#enter('skippable-size');
          else {
            this.#enter(value === frameMagic ? 'descriptor' : 'broken');
            yield magic;
          }
          break;
        }
        case 'skippable-size':
          this.#value += (chunk[at++] ?? 0) * 256 ** this.#read++;
          start = at;
          if (this.#read === 4) this.#over(this.#value, 'skip');
          break;
        case 'descriptor': {
          const descriptor = chunk[at++] ?? 0;
          const single = (descriptor & 0x20) !== 0;
          this.#checksum = (descriptor & 0x04) !== 0;
          const dictionary = [0, 1, 2, 4][descriptor & 3] ?? 0;
          const contentSize = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
          this.#over((single ? 0 : 1) + dictionary + contentSize, 'header');
          break;
        }
        case 'block-header':
          this.#value += (chunk[at++] ?? 0) * 256 ** this.#read++;
          if (this.#read < 3) break;
          this.#last = (this.#value & 1) === 1;
          // A run-length block stores one byte, whatever its size.
          this.#over(
            (((this.#value >> 1) & 3) === 1 ? 1 : this.#value >> 3) + (this.#last && this.#checksum ? 4 : 0),
            'block',
          );
          break;
        case 'broken':
          at = chunk.length;
          break;
        default: {
          const size = Math.min(this.#left, chunk.length - at);
          at += size;
          this.#left -= size;
          if (this.#state === 'skip') start = at;
        }
      }
      if (this.#left === 0 && this.#advance() && at > start) {
        yield chunk.subarray(start, at);
        start = at;
      }
    }
    if (at > start) yield chunk.subarray(start, at);
  }

  /** Bytes that were held back because they might have been the start of a skippable frame. */
  rest(): Uint8Array {
    return Buffer.from(this.#magic);
  }

  #enter(state: State): void {
    this.#state = state;
    this.#value = 0;
    this.#read = 0;
  }

  #over(bytes: number, state: State): void {
    this.#enter(state);
    this.#left = bytes;
  }

  /** Goes on from a state that has nothing left to pass over. True at the end of a frame. */
  #advance(): boolean {
    if (this.#state === 'skip') this.#enter('magic');
    else if (this.#state === 'header') this.#enter('block-header');
    else if (this.#state === 'block') {
      this.#enter(this.#last ? 'magic' : 'block-header');
      return this.#last;
    }
    return false;
  }
}
