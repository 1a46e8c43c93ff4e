import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { ThreadMemory } from '../sink.ts';

/** A memory of threads in a file, which outlives a process that is killed. */
export function fileMemory(path: string): ThreadMemory {
  const read = (): Record<string, string> => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {});
  return {
    get: async (thread) => read()[thread] ?? null,
    set: async (thread, value) => {
      const { [thread]: _, ...others } = read();
      writeFileSync(`${path}.new`, JSON.stringify(value === null ? others : { ...others, [thread]: value }));
      renameSync(`${path}.new`, path);
    },
  };
}
