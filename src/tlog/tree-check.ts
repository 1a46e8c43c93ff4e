import { edgeRoot, hashesAt, perfectRoot, tileLevels } from './edge.ts';
import { LogError } from './errors.ts';
import type { FaultList } from './faults.ts';
import { leafHash, sameBytes } from './hash.ts';
import { type Slot, settle } from './settle.ts';
import type { LogStorage } from './storage/storage.ts';
import { readEntryBytes, readTile } from './tile-reader.ts';
import { decodeHashes, entriesPath, parseTilePath, partialsFolder, readEntries, tilePath, tileWidth } from './tiles.ts';

/** Hashes that should be there; null where nothing tells what they should be. */
type Hashes = readonly (Uint8Array | null)[];

/**
 * Goes down from the signed root. The hashes of a tile are right when they lead to the hash above; when they do not, they are
 * computed from what is below, and the choice that leads to the hash above tells which of the two was altered.
 */
export class TreeCheck {
  readonly #storage: LogStorage;
  readonly #size: number;
  readonly #root: Uint8Array;
  readonly #faults: FaultList;
  /** The last folder listed of each kind of tile, to see which tiles have partial forms. */
  readonly #listed = new Map<string, { folder: string; paths: ReadonlySet<string> }>();

  constructor(storage: LogStorage, tree: { readonly size: number; readonly root: Uint8Array }, faults: FaultList) {
    this.#storage = storage;
    this.#size = tree.size;
    this.#root = tree.root;
    this.#faults = faults;
  }

  async run(): Promise<void> {
    const edge = await this.#checkEdge();
    for (const [level, hashes] of edge.entries()) {
      if (this.#faults.isFull) return;
      const index = Math.floor(hashesAt(level, this.#size) / tileWidth);
      if (hashes.length > 0) await this.#descend(level, index, hashes);
    }
  }

  /** The last tile of each level, as they should be. */
  async #checkEdge(): Promise<Hashes[]> {
    const widths = Array.from(
      { length: tileLevels(this.#size) },
      (_, level) => hashesAt(level, this.#size) % tileWidth,
    );
    const stored: (Hashes | null)[] = [];
    for (const [level, width] of widths.entries()) {
      const index = Math.floor(hashesAt(level, this.#size) / tileWidth);
      stored.push(width === 0 ? [] : await this.#storedTile(level, index, width));
    }
    const starts = widths.map((_, level) => widths.slice(0, level).reduce((sum, width) => sum + width, 0));
    const cut = <T>(flat: readonly T[]) =>
      widths.map((width, level) => flat.slice(starts[level], (starts[level] ?? 0) + width));
    const fold = (flat: readonly Uint8Array[]) => edgeRoot(cut(flat));
    const flat = stored.flatMap((hashes, level) => hashes ?? Array<null>(widths[level] ?? 0).fill(null));
    const whole = flat.filter((hash) => hash !== null);
    if (whole.length === flat.length && sameBytes(fold(whole), this.#root)) return stored.map((hashes) => hashes ?? []);

    const below: Hashes[] = [];
    for (const [level, width] of widths.entries()) {
      const index = Math.floor(hashesAt(level, this.#size) / tileWidth);
      below.push(width === 0 ? [] : await this.#fromBelow(level, index, width));
    }
    const slots = slotsOf(flat, below.flat());
    const settled = settle(slots, this.#root, fold);
    if (settled === null && slots.every(agree)) {
      this.#faults.add({
        place: 'checkpoint line 3',
        kind: 'altered',
        message: 'the entries and the tiles agree with one another, but not with the root in the checkpoint',
      });
    }
    const right = settled === null ? null : cut(settled);
    return cut(slots).map((mine, level) => {
      const index = Math.floor(hashesAt(level, this.#size) / tileWidth);
      return mine.length === 0 ? [] : this.#judge(level, index, mine, stored[level] !== null, right?.[level] ?? null);
    });
  }

  /** Below a tile whose hashes are known as far as they can be: its partial forms, and the tiles or entries under it. */
  async #descend(level: number, index: number, hashes: Hashes): Promise<void> {
    await this.#checkPartialTiles(level, index, hashes);
    if (level === 0) {
      await this.#checkBundle(index, hashes);
      return;
    }
    for (const [i, hash] of hashes.entries()) {
      if (this.#faults.isFull) return;
      const child = index * tileWidth + i;
      await this.#descend(level - 1, child, await this.#checkTile(level - 1, child, hash));
    }
  }

  /** The hashes of a full tile as they should be, given the hash above it. */
  async #checkTile(level: number, index: number, expected: Uint8Array | null): Promise<Hashes> {
    const stored = await this.#storedTile(level, index, tileWidth);
    if (stored !== null && expected !== null && sameBytes(perfectRoot(stored), expected)) return stored;
    const slots = slotsOf(stored ?? Array<null>(tileWidth).fill(null), await this.#fromBelow(level, index, tileWidth));
    const right = expected === null ? null : settle(slots, expected, perfectRoot);
    if (right === null && expected !== null && slots.every(agree)) {
      const place = tilePath(level, index, tileWidth);
      const message = `${place} and what is below it agree, but do not lead to the signed root: both were altered`;
      this.#faults.add({ place, kind: 'altered', message });
    }
    return this.#judge(level, index, slots, stored !== null, right);
  }

  /** Reports what is wrong with a tile that did not lead to the hash above, and gives its hashes as far as they are known. */
  #judge(
    level: number,
    index: number,
    slots: readonly Slot[],
    wasRead: boolean,
    right: readonly Uint8Array[] | null,
  ): Hashes {
    const width = slots.length;
    const place = tilePath(level, index, width);
    if (right !== null) {
      const altered = slots.flatMap(({ stored }, i) => {
        const hash = right[i];
        return stored !== null && hash !== undefined && !sameBytes(stored, hash) ? [i] : [];
      });
      if (altered.length > 0) {
        const which = `${altered.length === 1 ? 'hash' : 'hashes'} ${altered.slice(0, 5).join(', ')}`;
        const message = `${place} was altered: ${which} of ${width}; what is below leads to the signed root`;
        this.#faults.add({ place, kind: 'altered', message });
      }
      return right;
    }
    const apart = slots.filter((slot) => !agree(slot)).length;
    if (wasRead && apart > 0) {
      const message = `${place} and what is below it differ in ${apart} of ${width} hashes, and the signed root does not tell which was altered`;
      this.#faults.add({ place, kind: 'undecided', message });
    }
    return slots.map((slot) => (agree(slot) ? slot.stored : null));
  }

  async #storedTile(level: number, index: number, width: number): Promise<Uint8Array[] | null> {
    const place = tilePath(level, index, width);
    try {
      const { path, bytes } = await readTile(this.#storage, level, index, width);
      if (bytes === null) {
        this.#faults.add({ place, kind: 'missing', message: `${place} is missing` });
        return null;
      }
      const hashes = decodeHashes(bytes, width);
      if (hashes === null) {
        const message = `${path} has ${bytes.length} bytes, which are not ${width} hashes`;
        this.#faults.add({ place: path, kind: 'malformed', message });
      }
      return hashes;
    } catch (thrown) {
      return this.#unreadable(place, thrown);
    }
  }

  #unreadable(place: string, thrown: unknown): null {
    if (!(thrown instanceof LogError)) throw thrown;
    this.#faults.add({ place, kind: 'malformed', message: thrown.message });
    return null;
  }

  /** The hashes of a tile, computed from the tiles or entries one level below. Faults met there are reported when it is their turn. */
  async #fromBelow(level: number, index: number, width: number): Promise<Hashes> {
    if (level === 0) {
      const { entries } = await this.#storedEntries(index, width);
      return Array.from({ length: width }, (_, i) => (entries[i] === undefined ? null : leafHash(entries[i])));
    }
    const hashes: (Uint8Array | null)[] = [];
    for (let i = 0; i < width; i++) {
      const bytes = await this.#quietly(() => this.#storage.get(tilePath(level - 1, index * tileWidth + i, tileWidth)));
      const tile = bytes === null ? null : decodeHashes(bytes, tileWidth);
      hashes.push(tile === null ? null : perfectRoot(tile));
    }
    return hashes;
  }

  async #storedEntries(
    index: number,
    width: number,
  ): Promise<{ path: string; entries: Uint8Array[]; fault: string | null }> {
    const read = await this.#quietly(() => readEntryBytes(this.#storage, index, width));
    const path = read?.path ?? entriesPath(index, width);
    if (read === null || read.bytes === null)
      return { path, entries: [], fault: read === null ? 'cannot be read' : 'is missing' };
    return { path, ...readEntries(read.bytes, width) };
  }

  async #quietly<T>(read: () => Promise<T>): Promise<T | null> {
    try {
      return await read();
    } catch (thrown) {
      if (thrown instanceof LogError) return null;
      throw thrown;
    }
  }

  async #checkBundle(index: number, hashes: Hashes): Promise<void> {
    const { path, entries, fault } = await this.#storedEntries(index, hashes.length);
    this.#compareEntries(path, index, entries, fault, hashes);
    const full = entriesPath(index, tileWidth);
    for (const { path: partial, width } of await this.#partials(full, path)) {
      const bytes = await this.#quietly(() => this.#storage.get(partial));
      const within = bytes === null ? { entries: [], fault: 'cannot be read' } : readEntries(bytes, width);
      this.#compareEntries(partial, index, within.entries, within.fault, hashes.slice(0, width));
    }
  }

  #compareEntries(
    path: string,
    index: number,
    entries: readonly Uint8Array[],
    fault: string | null,
    hashes: Hashes,
  ): void {
    const first = index * tileWidth;
    const altered: number[] = [];
    for (const [i, entry] of entries.entries()) {
      const hash = hashes[i];
      if (hash !== undefined && (hash === null || !sameBytes(leafHash(entry), hash))) altered.push(i);
    }
    if (fault !== null) {
      // The lengths no longer fit from the first entry that is wrong.
      const at = Math.min(altered[0] ?? entries.length, hashes.length - 1);
      const kind = fault === 'is missing' ? 'missing' : 'malformed';
      const place = entries.length === 0 ? path : `entry ${first + at} in ${path}`;
      this.#faults.add({
        place,
        kind,
        message: `${path} ${fault}${entries.length === 0 ? '' : `: wrong from entry ${first + at} on`}`,
      });
      return;
    }
    const untold = altered.filter((i) => hashes[i] === null);
    for (const i of altered) {
      if (hashes[i] === null) continue;
      const place = `entry ${first + i} in ${path}`;
      const message = `${place} was altered: it is not the entry whose hash leads to the signed root`;
      this.#faults.add({ place, kind: 'altered', message });
    }
    if (untold[0] === undefined) return;
    const place = `entry ${first + untold[0]} in ${path}`;
    const others = untold.length === 1 ? 'is' : `and ${untold.length - 1} more are`;
    this.#faults.add({ place, kind: 'undecided', message: `nothing tells whether ${place} ${others} as it was` });
  }

  async #checkPartialTiles(level: number, index: number, hashes: Hashes): Promise<void> {
    const full = tilePath(level, index, tileWidth);
    for (const { path, width } of await this.#partials(full, tilePath(level, index, hashes.length))) {
      const bytes = await this.#quietly(() => this.#storage.get(path));
      const partial = bytes === null ? null : decodeHashes(bytes, width);
      if (partial === null) {
        this.#faults.add({ place: path, kind: 'malformed', message: `${path} cannot be read as ${width} hashes` });
        continue;
      }
      const altered = partial.flatMap((hash, i) => {
        const right = hashes[i];
        return right !== undefined && right !== null && !sameBytes(hash, right) ? [i] : [];
      });
      if (altered.length === 0) continue;
      const message = `${path} was altered: its hashes ${altered.slice(0, 5).join(', ')} are not those of the tree`;
      this.#faults.add({ place: path, kind: 'altered', message });
    }
  }

  /** The partial forms that are there of a tile or bundle, but for the one at `known`. */
  async #partials(full: string, known: string): Promise<{ path: string; width: number }[]> {
    const folder = full.slice(0, full.lastIndexOf('/') + 1);
    const kind = full.split('/')[1] ?? '';
    let listed = this.#listed.get(kind);
    if (listed?.folder !== folder) {
      listed = { folder, paths: new Set((await this.#storage.list(folder)).filter((path) => path.endsWith('.p/'))) };
      this.#listed.set(kind, listed);
    }
    if (!listed.paths.has(partialsFolder(full))) return [];
    return (await this.#storage.list(partialsFolder(full))).flatMap((path) => {
      const name = parseTilePath(path);
      return name === null || path === known ? [] : [{ path, width: name.width }];
    });
  }
}

function slotsOf(stored: Hashes, below: Hashes): Slot[] {
  return stored.map((hash, i) => ({ stored: hash, below: below[i] ?? null }));
}

function agree({ stored, below }: Slot): boolean {
  return stored !== null && below !== null && sameBytes(stored, below);
}
