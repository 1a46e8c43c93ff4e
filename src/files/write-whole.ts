import { randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { CodedError, messageOf } from '../model/errors.ts';
import { clip } from '../model/problem.ts';
import { syncFolder } from './replace-file.ts';

const full = new Set<unknown>(['ENOSPC', 'EDQUOT']);

/** Throws `output-unwritable` for what `writeWhole` could not write to, as far as can be told without doing it. */
export function checkWritable(file: string): void {
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    if (file === '' || found?.isDirectory() === true) throw new Error(file === '' ? 'names no file' : 'is a folder');
    // A file is replaced, which is for its folder to allow.
    if (found === undefined || found.isFile()) accessSync(path.dirname(file), constants.W_OK | constants.X_OK);
    else accessSync(file, constants.W_OK);
  } catch (error) {
    throw unwritten(file, error);
  }
}

/** As `writeWhole`, with content that comes in parts. What `parts` throws comes out, and leaves nothing behind. */
export async function writeWholeParts(file: string, parts: AsyncIterable<Uint8Array>): Promise<void> {
  checkWritable(file);
  const found = statSync(file, { throwIfNoEntry: false });
  const target = found?.isFile() === true ? realpathSync(file) : file;
  const aside = isStream(file, found) ? null : besides(target);
  const attempt = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      throw unwritten(file, error);
    }
  };
  try {
    const handle = attempt(() => openSync(aside ?? file, aside === null ? 'a' : 'wx', found && found.mode & 0o777));
    try {
      for await (const part of parts) attempt(() => writeFully(handle, part));
      if (aside !== null) attempt(() => fsyncSync(handle));
    } finally {
      closeSync(handle);
    }
    if (aside !== null) attempt(() => place(aside, target));
  } catch (error) {
    if (aside !== null) rmSync(aside, { force: true });
    throw error;
  }
}

/**
 * Writes a file so that its old or its new content is there, whole and durable, whatever happens. What is no regular file (a
 * device, a pipe) is written to as it is; behind a symbolic link the file that it leads to is replaced, not the link.
 * `mode`: permission bits that the file gets exactly, from the first moment; default: those of the file that is replaced, and
 * what the process makes files with for a new one. Throws `disk-full` and `output-unwritable`. A process that is killed
 * meanwhile may leave `.kvitto-<pid>-<hex>.tmp` beside the file.
 */
export function writeWhole(
  file: string,
  content: string | Uint8Array,
  { mode }: { readonly mode?: number | undefined } = {},
): void {
  try {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const found = statSync(file, { throwIfNoEntry: false });
    if (isStream(file, found)) writeAll(openSync(file, 'a'), bytes);
    else if (found === undefined) replace(file, bytes, mode);
    else replace(realpathSync(file), bytes, mode ?? found.mode & 0o777);
  } catch (error) {
    throw unwritten(file, error);
  }
}

/** Behind /dev/stdout may stand a file that others write to as well: appended to like any other stream. */
function isStream(file: string, found: Stats | undefined): boolean {
  return /^\/(?:dev|proc)\//.test(file) || (found !== undefined && !found.isFile());
}

function unwritten(file: string, error: unknown): CodedError {
  const isFull = error instanceof Error && 'code' in error && full.has(error.code);
  return new CodedError(isFull ? 'disk-full' : 'output-unwritable', `cannot write ${clip(file)}: ${messageOf(error)}`, {
    remedy: isFull
      ? 'Make room there, or write to another place.'
      : 'Name a file in a folder that is there and may be written to.',
    cause: error,
  });
}

function besides(file: string): string {
  return path.join(path.dirname(file), `.kvitto-${process.pid}-${randomBytes(6).toString('hex')}.tmp`);
}

function place(aside: string, file: string): void {
  renameSync(aside, file);
  syncFolder(path.dirname(file));
}

function replace(file: string, bytes: Uint8Array, mode: number | undefined): void {
  const aside = besides(file);
  try {
    writeAll(openSync(aside, 'wx', mode), bytes, (handle) => {
      // Exactly these bits, whatever the umask takes away.
      if (mode !== undefined) fchmodSync(handle, mode);
      fsyncSync(handle);
    });
    place(aside, file);
  } catch (error) {
    rmSync(aside, { force: true });
    throw error;
  }
}

function writeFully(handle: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
}

function writeAll(handle: number, bytes: Uint8Array, settle: (handle: number) => void = () => {}): void {
  try {
    writeFully(handle, bytes);
    settle(handle);
  } finally {
    closeSync(handle);
  }
}
