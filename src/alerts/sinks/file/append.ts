import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from '../../../files/replace-file.ts';
import { messageOf } from '../../../model/errors.ts';
import { clip } from '../../../model/problem.ts';
import { wholeEnd } from './whole-end.ts';

export interface AppendOptions {
  /** Permission bits of a file that is made, exactly. */
  readonly mode: number;
  readonly signal: AbortSignal;
}

/** How often what was rotated away under our hands is written again. */
const mostTries = 5;

/**
 * Appends bytes that end in a newline, all of them or none, and makes them durable. Opens the file anew each time, so whatever rotated it meanwhile is
 * noticed; what was written while it was rotated is written again to the file that has the name now. Null: done. Otherwise why not, for people.
 */
export async function appendDurably(file: string, bytes: Buffer, options: AppendOptions): Promise<string | null> {
  try {
    for (let tries = 0; tries < mostTries; tries++) {
      if (options.signal.aborted) return `writing ${clip(file)} was given up`;
      if (await appendOnce(file, bytes, options)) return null;
    }
    return `${clip(file)} is replaced faster than it can be written`;
  } catch (error) {
    return wordsFor(file, error);
  }
}

class Unfit extends Error {}

async function appendOnce(file: string, bytes: Buffer, { mode }: AppendOptions): Promise<boolean> {
  const before = await lstat(file).catch(() => null);
  // Looked at before it is opened: to open a device may do something, and a FIFO without a reader would never be one's own again.
  if (before !== null) refuseUnfit(before);
  const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const handle = await open(file, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, mode);
  try {
    refuseUnfit(await handle.stat());
    if (before === null) await handle.chmod(mode);
    const start = await cutTornLine(handle);
    await writeAll(handle, bytes, start);
    await handle.sync();
    if (before === null) syncFolder(path.dirname(file));
    return await isStillThere(file, handle, start + bytes.length);
  } finally {
    await handle.close();
  }
}

function refuseUnfit(stats: { isFile(): boolean; isSymbolicLink(): boolean; isDirectory(): boolean }): void {
  if (stats.isFile()) return;
  if (stats.isSymbolicLink())
    throw new Unfit('is a symbolic link, which is not followed: name the file that it leads to');
  if (stats.isDirectory()) throw new Unfit('is a folder: name a file in it');
  throw new Unfit('is no regular file but a pipe, socket or device: use the sink stdout, or name a file');
}

/** A process that was killed while it wrote may have left the beginning of a line. The size of the file without it. */
async function cutTornLine(handle: FileHandle): Promise<number> {
  const { size } = await handle.stat();
  const end = await wholeEnd(handle, size);
  if (end === null) throw new Unfit('ends in something that is no beginning of an event: it belongs to something else');
  if (end < size) await handle.truncate(end);
  return end;
}

/** Takes back what was written where not all of it could be, unless somebody else wrote too. */
async function writeAll(handle: FileHandle, bytes: Buffer, start: number): Promise<void> {
  let written = 0;
  try {
    while (written < bytes.length) {
      const { bytesWritten } = await handle.write(bytes, written);
      written += bytesWritten;
    }
  } catch (error) {
    const { size } = await handle.stat();
    if (size === start + written) await handle.truncate(start);
    throw error;
  }
}

/** Whether what was written is in the file that has the name: not renamed away, not deleted, not copied and emptied meanwhile. */
async function isStillThere(file: string, handle: FileHandle, end: number): Promise<boolean> {
  const mine = await handle.stat();
  const named = await lstat(file).catch(() => null);
  return named !== null && named.ino === mine.ino && named.dev === mine.dev && mine.size >= end;
}

const words: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: make room there',
  EDQUOT: 'the disk is full for this user (quota): make room there',
  EFBIG: 'the file is as large as it may get: have it rotated',
  ENOENT: 'its folder is not there: make it, or mount it',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'its file system is read-only',
  ELOOP: 'it is a symbolic link, which is not followed: name the file that it leads to',
};

function wordsFor(file: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (error instanceof Unfit) return `${clip(file)} ${error.message}`;
  return `${clip(file)} cannot be written: ${Object.hasOwn(words, code) ? words[code] : messageOf(error)}`;
}
