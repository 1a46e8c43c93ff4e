import { constants, lstatSync, readlinkSync } from 'node:fs';
import { open, readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { CodedError } from '../../../model/errors.ts';
import { clip, type Problem } from '../../../model/problem.ts';
import { fileRange } from '../../archive/cursor.ts';
import { findPlace, placeOf } from '../../archive/place.ts';
import type { DirectoryEntry, DirectorySource, Source } from '../../source.ts';

/** A folder: a project, or the root file system of a machine. */
export const dir: Source = {
  id: 'dir',
  about: 'folder: a project or an unpacked root file system (dir:., dir:/mnt/root)',
  guess: async (target) => {
    const place = await findPlace(target);
    return place?.kind === 'folder' && place.reference === null;
  },
  open: async (target): Promise<DirectorySource> => {
    const place = await placeOf(target, 'folder');
    if (place.reference !== null) {
      throw new CodedError('source-not-found', `${clip(target)}: no such folder.`, { remedy: 'Check the path.' });
    }
    const root = await realpath(place.path);
    return { kind: 'directory', name: target, entries: (signal) => entries(root, target, signal) };
  },
};

/** Not part of what is installed, and without end or with side effects when read. */
const kernelFolders = new Set(['proc', 'sys', 'dev']);

/** Depth first, by name in code-unit order: the same on every file system. */
async function* entries(root: string, name: string, signal: AbortSignal): AsyncGenerator<DirectoryEntry | Problem> {
  const todo: string[] = [''];
  for (let folder = todo.pop(); folder !== undefined; folder = todo.pop()) {
    signal.throwIfAborted();
    let names: string[];
    try {
      names = await readdir(join(root, folder));
    } catch (error) {
      yield unreadable(folder || name, error);
      continue;
    }
    const isRoot = folder === '' && names.includes('etc') && names.includes('usr');
    const folders: string[] = [];
    for (const each of names.sort()) {
      const path = folder === '' ? each : `${folder}/${each}`;
      if (each === '.git' || (isRoot && kernelFolders.has(each))) continue;
      const entry = entryOf(root, path);
      if (entry === 'folder') folders.push(path);
      else if (entry !== null) yield entry;
    }
    todo.push(...folders.reverse());
  }
}

/**
 * Null for what is neither file nor link: devices, pipes and sockets must not be opened. Synchronous, because a promise for
 * each of some hundred thousand files costs five times as much as the call.
 */
function entryOf(root: string, path: string): DirectoryEntry | Problem | 'folder' | null {
  const full = `${root}/${path}`;
  try {
    const found = lstatSync(full);
    if (found.isDirectory()) return 'folder';
    if (!found.isFile() && !found.isSymbolicLink()) return null;
    const stat = {
      path,
      name: path.slice(path.lastIndexOf('/') + 1),
      sizeBytes: found.size,
      mode: found.mode & 0o7777,
    };
    if (!found.isSymbolicLink()) return { stat, link: null, open: () => content(full) };
    // An absolute target counts from the scanned root when that is a root file system; inside the folder it is left as it is.
    return { stat, link: readlinkSync(full), open: () => content(full) };
  } catch (error) {
    return unreadable(path, error);
  }
}

/** Without following a link that was put in the file's place meanwhile, and without waiting for a pipe's other end. */
async function* content(full: string): AsyncGenerator<Uint8Array> {
  const file = await open(full, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = await file.stat();
    if (stat.isFile()) yield* fileRange(file, 0, stat.size, new AbortController().signal);
  } finally {
    await file.close();
  }
}

function unreadable(path: string, error: unknown): Problem {
  const code = (error as NodeJS.ErrnoException).code ?? 'error';
  return { code: 'unreadable', where: clip(path), message: `It cannot be read (${code}).` };
}
