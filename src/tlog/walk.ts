import type { LogStorage } from './storage/storage.ts';

/** The paths of all files of a log's storage, folder by folder. */
export async function* filesOf(storage: LogStorage): AsyncIterable<string> {
  const folders = [''];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const path of await storage.list(folder)) {
      if (path.endsWith('/')) folders.push(path);
      else yield path;
    }
  }
}
