import { LogError } from '../errors.ts';
import { sameBytes } from '../hash.ts';
import type { LogStorage } from '../storage/storage.ts';

/** How a write breaks: before it did anything, or after it did everything. */
export type Break = 'lost' | 'kept';

/** A log in memory, whose n-th write from now (0 is the next) can be made to break. */
export interface MemoryStorage extends LogStorage {
  readonly files: Map<string, Uint8Array>;
  /** Writes done or broken so far. */
  writes: number;
  breakAt: { readonly write: number; readonly how: Break } | null;
}

/** A storage in memory. After its write broke, it goes on as one that was opened again. */
export function memoryStorage(files: Map<string, Uint8Array> = new Map()): MemoryStorage {
  async function write(path: string, work: () => void): Promise<void> {
    const { breakAt } = storage;
    const broken = breakAt?.write === storage.writes++;
    if (!broken || breakAt.how === 'kept') work();
    if (broken) throw new LogError('write-failed', `the write of ${path} broke`, { place: path });
  }
  const storage: MemoryStorage = {
    files,
    writes: 0,
    breakAt: null,
    put: (path, bytes) =>
      write(path, () => {
        const there = files.get(path);
        if (there !== undefined && !sameBytes(there, bytes)) {
          throw new LogError('immutable', `${path} is there with other bytes, and is never overwritten`, {
            place: path,
          });
        }
        files.set(path, bytes.slice());
      }),
    replace: (path, bytes) => write(path, () => void files.set(path, bytes.slice())),
    remove: (path) => write(path, () => void files.delete(path)),
    get: async (path) => files.get(path)?.slice() ?? null,
    async list(folder) {
      const below = [...files.keys()]
        .filter((path) => path.startsWith(folder))
        .map((path) => path.slice(folder.length));
      const direct = below.map((path) => folder + (path.includes('/') ? path.slice(0, path.indexOf('/') + 1) : path));
      return [...new Set(direct)].sort();
    },
  };
  return storage;
}
