import { pipeline } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { zstdFrames } from './zstd-frames.ts';

/** How bytes are packed, told by their first four. */
export type Compression = 'none' | 'gzip' | 'zstd' | 'bzip2' | 'xz';

/** Fastest for layers: 16 kB, the default, takes half as long again. */
const chunkSize = 256 * 1024;

/** Recognises gzip (RFC 1952), zstd (RFC 8878, also behind a skippable frame), bzip2 and xz; anything else counts as plain. */
export function compressionOf(head: Uint8Array): Compression {
  const [a, b, c, d] = head;
  if (a === 0x1f && b === 0x8b) return 'gzip';
  if (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) return 'zstd';
  if (a !== undefined && (a & 0xf0) === 0x50 && b === 0x2a && c === 0x4d && d === 0x18) return 'zstd';
  if (a === 0x42 && b === 0x5a && c === 0x68) return 'bzip2';
  if (a === 0xfd && b === 0x37 && c === 0x7a && d === 0x58) return 'xz';
  return 'none';
}

/** A stream whose first bytes have been looked at; `bytes` still gives all of them. */
export interface Peeked {
  readonly head: Uint8Array;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Gives the stream up without reading it. */
  abandon(): Promise<void>;
}

/** Looks at the first `least` bytes (fewer only where the stream ends before). */
export async function peek(source: AsyncIterable<Uint8Array>, least: number): Promise<Peeked> {
  const iterator = source[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array();
  while (head.length < least) {
    const next = await iterator.next();
    if (next.done === true) break;
    head = head.length === 0 ? next.value : Buffer.concat([head, next.value]);
  }
  const abandon = async (): Promise<void> => {
    await iterator.return?.();
  };
  async function* bytes(): AsyncGenerator<Uint8Array> {
    try {
      if (head.length > 0) yield head;
      for (;;) {
        const next = await iterator.next();
        if (next.done === true) return;
        yield next.value;
      }
    } finally {
      await abandon();
    }
  }
  return { head, bytes: bytes(), abandon };
}

/**
 * The uncompressed bytes. Errors of the decoder are thrown as Node's zlib throws them (`code` is `Z_…` or `ZSTD_…`), what the input stream throws is passed on as it is.
 */
export async function* decompress(
  bytes: AsyncIterable<Uint8Array>,
  compression: 'gzip' | 'zstd',
): AsyncGenerator<Buffer> {
  // An error discards what a stream has buffered. With a mark of 1 the decoder goes on only once its output was taken, so
  // that of a damaged layer all but the last chunk is delivered, the same each time; working ahead gained nothing measurable.
  const options = { chunkSize, highWaterMark: 1 };
  const decoder = compression === 'gzip' ? createGunzip(options) : createZstdDecompress(options);
  let given = 0;
  let ended = false;
  async function* input(): AsyncGenerator<Uint8Array> {
    for await (const chunk of compression === 'zstd' ? zstdFrames(bytes) : bytes) {
      given += chunk.length;
      yield chunk;
    }
    ended = true;
  }
  pipeline(input(), decoder, () => {});
  for await (const chunk of decoder) yield chunk;
  if (!ended || decoder.bytesWritten < given) throw new TrailingBytes('bytes behind the end of the compressed data');
}

/** Node's decoders pass over what follows the end of the data; container runtimes refuse it. */
class TrailingBytes extends Error {
  readonly code = 'Z_TRAILING_BYTES';
}

/** Whether an error came out of a decoder: the input's fault. `truncated` where the stream only ended too early. */
export function decoderFault(error: unknown): 'truncated' | 'malformed' | null {
  if (!(error instanceof Error)) return null;
  const code = (error as NodeJS.ErrnoException).code ?? '';
  if (code === 'Z_BUF_ERROR' || (code.startsWith('ZSTD_') && /unexpected end|incomplete/i.test(error.message)))
    return 'truncated';
  return code.startsWith('Z_') || code.startsWith('ZSTD_') ? 'malformed' : null;
}
