import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { readdir, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LogError, quoted, reasonOf } from '../errors.ts';
import { sameBytes } from '../hash.ts';
import { maxBundleBytes } from '../tiles.ts';
import { codeOf, createFile, isAside, makeDurableFolder, replaceFile, syncFolder, syncPath } from './durable-file.ts';
import type { LogStorage } from './storage.ts';

const safePath = /^[a-z0-9][a-z0-9.-]{0,60}(?:\/[a-z0-9][a-z0-9.-]{0,60}){0,12}$/;

/**
 * A log in a folder, which is made at the first write. Every file is written aside, made durable and then given its name, so
 * that a crash leaves a whole file or none. What a crash left aside is never read, and is removed at the first write into the
 * same folder.
 */
export function fileStorage(folder: string): LogStorage {
  const ready = new Map<string, Promise<void>>();

  function at(path: string): string {
    if (!safePath.test(path) || path.includes('..')) {
      throw new LogError('malformed', `${quoted(path)} is no path inside a log`, { place: path });
    }
    return join(folder, path);
  }

  /** Makes the folder of a file and clears it of leftovers, once for each folder. */
  function prepare(parent: string): Promise<void> {
    const known = ready.get(parent) ?? makeReady(parent);
    ready.set(parent, known);
    known.catch(() => ready.delete(parent));
    return known;
  }

  async function write<T>(path: string, work: (full: string) => Promise<T>): Promise<T> {
    const full = at(path);
    try {
      await prepare(dirname(full));
      return await work(full);
    } catch (thrown) {
      if (codeOf(thrown) === 'ENOENT') ready.delete(dirname(full));
      if (thrown instanceof LogError) throw thrown;
      const why = codeOf(thrown) === 'ENOSPC' ? 'the disk is full' : reasonOf(thrown);
      throw new LogError('write-failed', `${full} cannot be written: ${why}`, { place: path, cause: thrown });
    }
  }

  async function read(path: string): Promise<Uint8Array | null> {
    const full = at(path);
    try {
      return readWhole(full, path);
    } catch (thrown) {
      if (thrown instanceof LogError) throw thrown;
      if (codeOf(thrown) === 'ENOENT' || codeOf(thrown) === 'ENOTDIR') return null;
      throw new LogError('unreadable', `${full} cannot be read: ${reasonOf(thrown)}`, { place: path, cause: thrown });
    }
  }

  return {
    get: read,
    put: (path, bytes) =>
      write(path, async (full) => {
        if (await createFile(full, bytes)) return;
        const there = await read(path);
        if (there === null || !sameBytes(there, bytes)) {
          throw new LogError('immutable', `${full} is there with other bytes, and is never overwritten`, {
            place: path,
          });
        }
        // It may be from a write that was killed before its name was durable.
        await syncPath(full);
        await syncFolder(dirname(full));
      }),
    replace: (path, bytes) => write(path, (full) => replaceFile(full, bytes)),
    remove: (path) =>
      write(path, async (full) => {
        await rm(full, { force: true });
        // The folder of partial tiles goes with the last of them.
        if (dirname(full).endsWith('.p') && (await removeEmpty(dirname(full)))) ready.delete(dirname(full));
      }),
    async list(prefix) {
      const full = prefix === '' ? folder : at(prefix.replace(/\/$/, ''));
      try {
        const found = await readdir(full, { withFileTypes: true });
        return found
          .filter((each) => !isAside(each.name))
          .map((each) => `${prefix}${each.name}${each.isDirectory() ? '/' : ''}`)
          .sort();
      } catch (thrown) {
        if (codeOf(thrown) === 'ENOENT') return [];
        throw new LogError('unreadable', `${full} cannot be read: ${reasonOf(thrown)}`, {
          place: prefix,
          cause: thrown,
        });
      }
    },
  };
}

async function removeEmpty(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch (thrown) {
    if (['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(codeOf(thrown))) return false;
    throw thrown;
  }
}

async function makeReady(parent: string): Promise<void> {
  await makeDurableFolder(parent);
  for (const name of await readdir(parent)) {
    if (isAside(name)) await rm(join(parent, name), { force: true });
  }
}

function readWhole(full: string, path: string): Uint8Array {
  // A link in a log's folder could show a reader bytes from elsewhere; a pipe would never end.
  const file = openSync(full, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new LogError('unreadable', `${full} is not a file`, { place: path });
    if (stat.size > maxBundleBytes) {
      throw new LogError('too-large', `${full} has ${stat.size} bytes: no file of a log is so large`, { place: path });
    }
    const bytes = readFileSync(file);
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } finally {
    closeSync(file);
  }
}
