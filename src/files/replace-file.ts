import { closeSync, fsyncSync, openSync, renameSync } from 'node:fs';
import path from 'node:path';

/**
 * Makes the names in a folder durable: what was made, renamed or removed in it stays so after a power failure. A folder that
 * may be written to but not read cannot be synced, nor can one of a file system without that notion; there the names are
 * as durable as the system makes them. Throws what the file system says about anything else.
 */
export function syncFolder(folder: string): void {
  try {
    syncPath(folder);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EINVAL') throw error;
  }
}

/**
 * Makes the file `from` durable and puts it in the place of `to` in one step: whoever looks, even after a power failure, sees
 * the old file or the new one. Both lie on one file system. Throws what the file system says.
 */
export function replaceFile(from: string, to: string): void {
  syncPath(from);
  renameSync(from, to);
  syncFolder(path.dirname(to));
}

function syncPath(target: string): void {
  const handle = openSync(target, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
