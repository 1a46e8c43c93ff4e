import { closeSync, openSync, readSync } from 'node:fs';
import { CodedError, messageOf } from '../model/errors.ts';
import { clip } from '../model/problem.ts';

/** More than any text that the ledger takes: what is longer is cut here, and refused there for its length. */
const mostBytes = 256 * 1024;

/**
 * Words of an option: as they stand, or from a file with `@FILE` and from standard input with `@-` (an argument has at most
 * 128 KiB on Linux); `@@…` is a text that begins with @. Throws `usage` naming `option` and the file.
 */
export function textOf(value: string, option: string): string {
  if (!value.startsWith('@')) return value;
  if (value.startsWith('@@')) return value.slice(1);
  const file = value.slice(1);
  const failed = (why: string, cause?: unknown) =>
    new CodedError('usage', `${option} @${clip(file)}: ${why}`, {
      remedy: `name a text file, @- for standard input, or write @@ where the text itself begins with @`,
      ...(cause !== undefined && { cause }),
    });
  if (file === '') throw failed('names no file');
  let bytes: Buffer;
  try {
    bytes = headOf(file === '-' ? 0 : openSync(file, 'r'), mostBytes);
  } catch (thrown) {
    throw failed(messageOf(thrown), thrown);
  }
  try {
    // A text that was cut in the middle of a character is too long anyway.
    return new TextDecoder('utf-8', { fatal: bytes.length <= mostBytes }).decode(bytes);
  } catch (thrown) {
    throw failed('is not UTF-8 text', thrown);
  }
}

/** The first bytes of a file or stream, at most one more than `most`. Closes it. */
export function headOf(descriptor: number, most: number): Buffer {
  const buffer = Buffer.allocUnsafe(most + 1);
  let length = 0;
  try {
    while (length < buffer.length) {
      const read = readSome(descriptor, buffer, length);
      if (read === 0) break;
      length += read;
    }
  } finally {
    if (descriptor !== 0) closeSync(descriptor);
  }
  return buffer.subarray(0, length);
}

const pauseMs = 5;

/** Waits where a pipe that does not block has nothing yet. */
function readSome(descriptor: number, buffer: Buffer, at: number): number {
  for (;;) {
    try {
      return readSync(descriptor, buffer, at, buffer.length - at, null);
    } catch (thrown) {
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EAGAIN')) throw thrown;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pauseMs);
    }
  }
}
