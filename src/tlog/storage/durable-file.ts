import { randomBytes } from 'node:crypto';
import { closeSync, fsync, linkSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';

// Only what waits for the disk is asynchronous: the other calls take microseconds, and going through the thread pool
// with each of them made a publish twice as long.
const sync = promisify(fsync);

const aside = { prefix: '.', suffix: '.tmp' } as const;

/** Whether a name is that of a file being written aside, or one left by a crash. */
export function isAside(name: string): boolean {
  return name.startsWith(aside.prefix) && name.endsWith(aside.suffix);
}

/**
 * Makes a file that has all its bytes whenever it is there, and is durable with its name once this resolves. Gives false,
 * and changes nothing, where the name is taken. Throws what the file system says.
 */
export async function createFile(path: string, bytes: Uint8Array, mode = 0o644): Promise<boolean> {
  return await withAside(path, bytes, mode, (written) => {
    try {
      linkSync(written, path);
    } catch (thrown) {
      if (codeOf(thrown) === 'EEXIST') return false;
      if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(codeOf(thrown))) throw thrown;
      // A file system without hard links: the one writer that a log has may look first.
      if (exists(path)) return false;
      renameSync(written, path);
    }
    return true;
  });
}

/** As `createFile`, but takes the place of a file that is there, at once. */
export async function replaceFile(path: string, bytes: Uint8Array, mode = 0o644): Promise<void> {
  await withAside(path, bytes, mode, (written) => {
    renameSync(written, path);
    return true;
  });
}

async function withAside(
  path: string,
  bytes: Uint8Array,
  mode: number,
  place: (written: string) => boolean,
): Promise<boolean> {
  const folder = dirname(path);
  const written = join(folder, `${aside.prefix}${basename(path)}.${randomBytes(6).toString('hex')}${aside.suffix}`);
  let isPlaced: boolean;
  try {
    const file = openSync(written, 'wx', mode);
    try {
      writeFileSync(file, bytes);
      await sync(file);
    } finally {
      closeSync(file);
    }
    isPlaced = place(written);
  } finally {
    rmSync(written, { force: true });
  }
  if (isPlaced) await syncFolder(folder);
  return isPlaced;
}

/** Makes the names in a folder durable. Windows has no such call, and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  await syncPath(folder);
}

/** Makes what is in a file, or the names in a folder, durable. */
export async function syncPath(path: string): Promise<void> {
  const opened = openSync(path, 'r');
  try {
    await sync(opened);
  } finally {
    closeSync(opened);
  }
}

/** Makes a folder and those above it that are missing, each durable with its name. */
export async function makeDurableFolder(folder: string): Promise<void> {
  if (exists(folder)) return;
  const above = dirname(folder);
  if (above !== folder) await makeDurableFolder(above);
  try {
    mkdirSync(folder);
  } catch (thrown) {
    if (codeOf(thrown) !== 'EEXIST') throw thrown;
  }
  await syncFolder(above);
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** The code of a system error, or the empty text. */
export function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
}
