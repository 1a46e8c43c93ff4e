import { hashesAt } from './edge.ts';
import { type LogOptions, openLog } from './log.ts';
import { parseTilePath, type TileName, tileWidth } from './tiles.ts';
import { filesOf } from './walk.ts';

/** Whether a tile or bundle has more than a tree of `size` has there. */
export function isBeyond(name: TileName, size: number): boolean {
  const level = name.kind === 'hashes' ? name.level : 0;
  return name.index * tileWidth + name.width > hashesAt(level, size);
}

/**
 * Removes the tiles and bundles beyond the checkpoint, and gives their paths. They are of a publish that was not finished,
 * and were never signed for; once they are gone other entries can be published in their place. Not needed, and not to be
 * done, where the same entries can be published again. No other process may publish meanwhile. Throws as `openLog`.
 */
export async function removeUnpublished(options: LogOptions): Promise<string[]> {
  const { size } = await openLog(options);
  const beyond: string[] = [];
  for await (const path of filesOf(options.storage)) {
    const name = parseTilePath(path);
    if (name !== null && isBeyond(name, size)) beyond.push(path);
  }
  for (const path of beyond) await options.storage.remove(path);
  return beyond.sort();
}
