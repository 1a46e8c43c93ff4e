import path from 'node:path';

/** Where the advisory store lies under `KVITTO_HOME`, with its lock. Nothing of it is written anywhere else. */
export function storePaths(home: string) {
  const folder = path.join(home, 'advisories');
  return {
    folder,
    /** The store: one read-only file, replaced as a whole. */
    store: path.join(folder, 'store.db'),
    /** Downloads and the store being written; emptied when an update starts and ends. */
    scratch: path.join(folder, 'update'),
  };
}
