import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { syncFolder } from './replace-file.ts';

/**
 * Makes a folder and those above it that are missing, durably; one that is there is fine. Throws what the file system says.
 * Node's own `recursive` never ends where a parent cannot be made for a reason that looks like its absence, as below /proc.
 */
export function makeFolder(folder: string): void {
  const missing: string[] = [];
  for (let at = path.resolve(folder); statSync(at, { throwIfNoEntry: false }) === undefined; at = path.dirname(at)) {
    missing.push(at);
  }
  for (const each of missing.reverse()) {
    try {
      mkdirSync(each);
    } catch (error) {
      // Somebody else made it in the meantime.
      if (statSync(each, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
    }
    // A file in a new folder is only as durable as the folder's own name.
    syncFolder(path.dirname(each));
  }
}
