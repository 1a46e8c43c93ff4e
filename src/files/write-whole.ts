import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { CodedError, messageOf } from '../model/errors.ts';
import { clip } from '../model/problem.ts';
import { syncFolder } from './replace-file.ts';

const full = new Set<unknown>(['ENOSPC', 'EDQUOT']);

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
    // Behind /dev/stdout may stand a file that others write to as well: appended to like any other stream.
    const isStream = /^\/(?:dev|proc)\//.test(file) || (found !== undefined && !found.isFile());
    if (isStream) writeAll(openSync(file, 'a'), bytes);
    else if (found === undefined) replace(file, bytes, mode);
    else replace(realpathSync(file), bytes, mode ?? found.mode & 0o777);
  } catch (error) {
    const isFull = error instanceof Error && 'code' in error && full.has(error.code);
    throw new CodedError(
      isFull ? 'disk-full' : 'output-unwritable',
      `cannot write ${clip(file)}: ${messageOf(error)}`,
      {
        remedy: isFull
          ? 'Make room there, or write to another place.'
          : 'Name a file in a folder that is there and may be written to.',
        cause: error,
      },
    );
  }
}

function replace(file: string, bytes: Uint8Array, mode: number | undefined): void {
  const aside = path.join(path.dirname(file), `.kvitto-${process.pid}-${randomBytes(6).toString('hex')}.tmp`);
  try {
    writeAll(openSync(aside, 'wx', mode), bytes, (handle) => {
      // Exactly these bits, whatever the umask takes away.
      if (mode !== undefined) fchmodSync(handle, mode);
      fsyncSync(handle);
    });
    renameSync(aside, file);
    syncFolder(path.dirname(file));
  } catch (error) {
    rmSync(aside, { force: true });
    throw error;
  }
}

function writeAll(handle: number, bytes: Uint8Array, settle: (handle: number) => void = () => {}): void {
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
    settle(handle);
  } finally {
    closeSync(handle);
  }
}
