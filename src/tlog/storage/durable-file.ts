import { randomBytes } from 'node:crypto';
import { type FileHandle, link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** How the files begin that are being written aside, and how they end. */
export const aside = { prefix: '.', suffix: '.tmp' } as const;

/** Whether a name is that of a file being written aside, or one left by a crash. */
export function isAside(name: string): boolean {
  return name.startsWith(aside.prefix) && name.endsWith(aside.suffix);
}

/**
 * Makes a file that has all its bytes whenever it is there, and is durable with its name once this resolves. Gives false,
 * and changes nothing, where the name is taken. Throws what the file system says.
 */
export async function createFile(path: string, bytes: Uint8Array, mode = 0o644): Promise<boolean> {
  return await withAside(path, bytes, mode, async (written) => {
    try {
      await link(written, path);
      await rm(written);
    } catch (thrown) {
      if (codeOf(thrown) === 'EEXIST') {
        await rm(written);
        return false;
      }
      if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(codeOf(thrown))) throw thrown;
      // A file system without hard links: the one writer that a log has may look first.
      if (await exists(path)) {
        await rm(written);
        return false;
      }
      await rename(written, path);
    }
    return true;
  });
}

/** As `createFile`, but takes the place of a file that is there, at once. */
export async function replaceFile(path: string, bytes: Uint8Array, mode = 0o644): Promise<void> {
  await withAside(path, bytes, mode, async (written) => {
    await rename(written, path);
    return true;
  });
}

async function withAside(
  path: string,
  bytes: Uint8Array,
  mode: number,
  place: (written: string) => Promise<boolean>,
): Promise<boolean> {
  const folder = dirname(path);
  const name = `${aside.prefix}${basename(path)}.${randomBytes(6).toString('hex')}${aside.suffix}`;
  const written = join(folder, name);
  try {
    await using file = await openExclusive(written, mode);
    await file.handle.writeFile(bytes);
    await file.handle.sync();
    const placed = await place(written);
    if (placed) await syncFolder(folder);
    return placed;
  } catch (thrown) {
    await rm(written, { force: true }).catch(() => {});
    throw thrown;
  }
}

async function openExclusive(path: string, mode: number): Promise<AsyncDisposable & { readonly handle: FileHandle }> {
  const handle = await open(path, 'wx', mode);
  return { handle, [Symbol.asyncDispose]: () => handle.close() };
}

/** Makes the names in a folder durable. Windows has no such call, and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  await syncPath(folder);
}

/** Makes what is in a file, or the names in a folder, durable. */
export async function syncPath(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder and those above it that are missing, each durable with its name. */
export async function makeDurableFolder(folder: string): Promise<void> {
  if (await exists(folder)) return;
  const above = dirname(folder);
  if (above !== folder) await makeDurableFolder(above);
  try {
    await mkdir(folder);
  } catch (thrown) {
    if (codeOf(thrown) !== 'EEXIST') throw thrown;
  }
  await syncFolder(above);
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (thrown) {
    if (codeOf(thrown) === 'ENOENT') return false;
    throw thrown;
  }
}

/** The code of a system error, or the empty text. */
export function codeOf(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : '';
}
