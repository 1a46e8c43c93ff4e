import type { FileHandle } from 'node:fs/promises';

/** Reads forward in the bytes of an archive. */
export interface Cursor {
  /** Bytes that were read or passed over. */
  readonly at: number;
  /** Exactly `size` bytes; null where fewer are left. */
  read(size: number): Promise<Buffer | null>;
  /** Passes over `size` bytes. False where fewer are left. */
  skip(size: number): Promise<boolean>;
  /** The next bytes, at most `most` of them; empty at the end. */
  some(most: number): Promise<Uint8Array>;
}

const chunkBytes = 1024 * 1024;

/** Buffers that take turns: far more than a decoder and what stands before it hold at a time (about three). */
const turns = 8;

/**
 * The bytes from `start` on, `size` of them or what there is. The next chunk is read while the last one is worked on; chunks
 * are large, because to hand a read over and take it back costs as much as to read 100 kB. A chunk holds its bytes until
 * `turns` further ones were asked for: buffers are used again, because the garbage of a large archive costs more time than its
 * hashing. `buffers` are those of an earlier range that has ended.
 */
export async function* fileRange(
  file: FileHandle,
  start: number,
  size: number,
  signal: AbortSignal,
  buffers: Buffer[] = [],
): AsyncGenerator<Buffer> {
  const read = (at: number, turn: number) => {
    const length = Math.min(chunkBytes, start + size - at);
    let buffer = buffers[turn % turns];
    if (buffer === undefined || buffer.length < length) {
      buffer = Buffer.allocUnsafeSlow(length);
      buffers[turn % turns] = buffer;
    }
    const reading = file.read(buffer, 0, length, at);
    // Its failure is met when it is waited for, below.
    reading.catch(() => {});
    return reading;
  };
  let at = start;
  let turn = 0;
  let ahead: ReturnType<typeof read> | null = size > 0 ? read(at, turn++) : null;
  try {
    while (ahead !== null) {
      signal.throwIfAborted();
      const { bytesRead, buffer } = await ahead;
      if (bytesRead === 0) return;
      at += bytesRead;
      ahead = at < start + size ? read(at, turn++) : null;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    // The file may be closed, and the buffers used again, after this.
    await ahead?.catch(() => {});
  }
}

/** A cursor that jumps: only headers and small documents are really read. */
export function fileCursor(file: FileHandle, sizeBytes: number): Cursor {
  let at = 0;
  const some = async (most: number): Promise<Buffer> => {
    const buffer = Buffer.allocUnsafe(Math.min(most, chunkBytes));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    at += bytesRead;
    return buffer.subarray(0, bytesRead);
  };
  return {
    get at() {
      return at;
    },
    some,
    read: (size) => gather(size, some),
    skip: async (size) => {
      const whole = at + size <= sizeBytes;
      at = Math.min(at + size, sizeBytes);
      return whole;
    },
  };
}

/** A cursor over bytes that come once. `close` ends the stream. */
export function streamCursor(bytes: AsyncIterable<Uint8Array>): Cursor & { close(): Promise<void> } {
  const iterator = bytes[Symbol.asyncIterator]();
  let pending: Uint8Array = new Uint8Array();
  let at = 0;
  const some = async (most: number): Promise<Uint8Array> => {
    while (pending.length === 0) {
      const next = await iterator.next();
      if (next.done === true) return pending;
      pending = next.value;
    }
    const part = pending.subarray(0, most);
    pending = pending.subarray(part.length);
    at += part.length;
    return part;
  };
  return {
    get at() {
      return at;
    },
    some,
    read: (size) => gather(size, some),
    skip: async (size) => {
      for (let left = size; left > 0; ) {
        const part = await some(left);
        if (part.length === 0) return false;
        left -= part.length;
      }
      return true;
    },
    close: async () => {
      await iterator.return?.();
    },
  };
}

async function gather(size: number, some: (most: number) => Promise<Uint8Array>): Promise<Buffer | null> {
  const parts: Uint8Array[] = [];
  for (let left = size; left > 0; ) {
    const part = await some(left);
    if (part.length === 0) return null;
    // Copied: a small document must not keep the chunk that it came in.
    parts.push(Buffer.from(part));
    left -= part.length;
  }
  const [only] = parts;
  return Buffer.isBuffer(only) && parts.length === 1 ? only : Buffer.concat(parts, size);
}

/** All bytes of a stream that is known to be small. */
export async function allBytes(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of bytes) parts.push(Buffer.from(part));
  return Buffer.concat(parts);
}
