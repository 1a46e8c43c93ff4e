import { rmSync } from 'node:fs';
import { withFolderLock } from '../files/lock.ts';
import { makeFolder } from '../files/make-folder.ts';
import { writeFailure } from '../files/write-failure.ts';
import { storePaths } from './paths.ts';

/**
 * Does `work` while no other process changes the store below `home`, with an empty scratch folder. Throws `store-busy` with
 * the owner's process and name where it is taken, `output-unwritable` and `disk-full` where the folder cannot be written to.
 */
export async function withStoreLock<T>(home: string, name: string, now: Date, work: () => Promise<T>): Promise<T> {
  const { folder, scratch } = storePaths(home);
  const clear = () => rmSync(scratch, { recursive: true, force: true });
  return withFolderLock(folder, { what: 'the advisory store', name, now, waitMs: 0 }, async () => {
    try {
      clear();
      makeFolder(scratch);
    } catch (thrown) {
      throw writeFailure(folder, thrown);
    }
    try {
      return await work();
    } finally {
      clear();
    }
  });
}
