import type { FileStat } from '../cataloger.ts';
import { maxLinkHops } from '../limits.ts';
import type { Keep, Keeper } from './keep.ts';
import { Links } from './links.ts';
import { type PathFacts, type PathKey, pathKey } from './path-table.ts';
import type { LayerRecord } from './record.ts';

/** A file of the finished image that some cataloger wants. */
export interface SquashedFile {
  /** Position of the layer that brought it, 0 for the lowest. */
  readonly layer: number;
  readonly keep: Keep;
}

/** A wanted file whose content has not been kept, because it was not wanted under the name under which it is stored. */
export interface Missing {
  /** Where the content is stored: position of the layer, and path in it. */
  readonly layer: number;
  readonly path: string;
  readonly keep: Keep;
  /** Positions of the catalogers that want it. */
  readonly catalogers: readonly number[];
}

export interface Squashed {
  readonly files: ReadonlyMap<string, SquashedFile>;
  readonly links: Links;
  /** Read again by `refill`. */
  readonly missing: readonly Missing[];
}

/** Lays the layers over each other, lowest first (OCI image specification, "Applying Changesets"). */
export function squash(layers: readonly LayerRecord[], keeper: Keeper): Squashed {
  const stack = new Stack(keeper);
  for (const layer of layers) stack.add(layer);
  return stack.finish();
}

interface Placed {
  readonly layer: number;
  readonly key: PathKey;
}

class Stack {
  readonly #keeper: Keeper;
  readonly #layers: Overlay[] = [];
  readonly #files = new Map<string, SquashedFile & Placed>();
  readonly #symlinks = new Map<string, Placed & { readonly target: string }>();
  /** The same folders are asked for in every layer. */
  readonly #folderKeys = new Map<string, PathKey>();
  #missing: Missing[] = [];

  constructor(keeper: Keeper) {
    this.#keeper = keeper;
  }

  add(record: LayerRecord): void {
    const overlay = new Overlay(record, this.#folderKeys);
    const layer = this.#layers.push(overlay) - 1;
    for (const map of [this.#files, this.#symlinks]) {
      for (const [path, { key }] of map) if (overlay.removes(path, key)) map.delete(path);
    }
    for (const [path, keep] of record.kept) this.#files.set(path, { layer, keep, key: pathKey(path) });
    for (const [path, target] of record.symlinks) this.#symlinks.set(path, { layer, target, key: pathKey(path) });
    for (const [path, target] of record.hardlinks) {
      const content = this.#locate(target, layer);
      if (content !== null) this.#alias(path, layer, content);
    }
  }

  finish(): Squashed {
    const links = new Links(new Map([...this.#symlinks].map(([path, { target }]) => [path, target])));
    for (const [path, { layer }] of this.#symlinks) {
      const target = links.resolve(path);
      // Loops stay what they are: links to nothing.
      const content = this.#symlinks.has(target) ? null : this.#locate(target, this.#layers.length - 1);
      if (content !== null) this.#aliasUnwanted(path, layer, target, content);
    }
    const missing = this.#missing.filter(({ keep }) => this.#files.get(keep.stat.path)?.keep === keep);
    return { files: this.#files, links, missing };
  }

  /** The file at `path` as seen from layer `from` downwards, hard links followed to where the content is stored. */
  #locate(path: string, from: number): Content | null {
    let wanted = path;
    let hops = 0;
    for (let at = from; at >= 0; ) {
      const overlay = this.#layers[at];
      const key = pathKey(wanted);
      const facts = overlay?.record.paths.get(key) ?? null;
      if (overlay === undefined || (facts !== null && facts.kind !== 'file')) return null;
      const linked = overlay.record.hardlinks.get(wanted);
      if (linked !== undefined && ++hops <= maxLinkHops) wanted = linked;
      else if (linked !== undefined) return null;
      else if (facts !== null) return { layer: at, path: wanted, facts };
      else if (overlay.removes(wanted, key)) return null;
      else at--;
    }
    return null;
  }

  /** A second name of a file: what is kept under the first is shared, what is wanted only under this one is missing. */
  #alias(path: string, layer: number, content: Content): void {
    const stat = statOf(path, content.facts);
    const wanted = this.#keeper.wantedBy(stat);
    if (wanted === null) return;
    const first = this.#layers[content.layer]?.record.kept.get(content.path);
    const already = this.#keeper.wantedBy(statOf(content.path, content.facts)) ?? [];
    const keep: Keep = { stat, bytes: new Map(), problems: [] };
    for (const at of wanted) {
      const bytes = first?.bytes.get(at);
      if (bytes !== undefined) keep.bytes.set(at, bytes);
    }
    this.#files.set(path, { layer, keep, key: pathKey(path) });
    const catalogers = wanted.filter((at) => !already.includes(at));
    if (catalogers.length > 0) this.#missing.push({ layer: content.layer, path: content.path, keep, catalogers });
  }

  /** A symbolic link is a file of its own only for catalogers that do not want what it points to. */
  #aliasUnwanted(path: string, layer: number, target: string, content: Content): void {
    const stat = statOf(path, content.facts);
    const already = this.#keeper.wantedBy(statOf(target, content.facts)) ?? [];
    const catalogers = (this.#keeper.wantedBy(stat) ?? []).filter((at) => !already.includes(at));
    if (catalogers.length === 0) return;
    const keep: Keep = { stat, bytes: new Map(), problems: [] };
    this.#files.set(path, { layer, keep, key: pathKey(path) });
    this.#missing.push({ layer: content.layer, path: content.path, keep, catalogers });
  }
}

interface Content {
  readonly layer: number;
  readonly path: string;
  readonly facts: PathFacts;
}

function statOf(path: string, facts: PathFacts): FileStat {
  return { path, name: path.slice(path.lastIndexOf('/') + 1), sizeBytes: facts.sizeBytes, mode: facts.mode };
}

/** What one layer does to the layers below it. */
class Overlay {
  readonly record: LayerRecord;
  readonly #hidden = new Map<string, boolean>();
  readonly #folderKeys: Map<string, PathKey>;

  constructor(record: LayerRecord, folderKeys: Map<string, PathKey>) {
    this.record = record;
    this.#folderKeys = folderKeys;
  }

  /** Whether the layer takes `path` of a lower layer away: by a whiteout, by an entry in its place, or with a folder above it. */
  removes(path: string, key: PathKey): boolean {
    const { whiteouts, paths } = this.record;
    if (whiteouts.has(path) || paths.get(key) !== null) return true;
    const slash = path.lastIndexOf('/');
    return this.#hides(slash < 0 ? '' : path.slice(0, slash));
  }

  /** Whether nothing of lower layers is left inside `folder`. Folders above are asked first, without recursion. */
  #hides(folder: string): boolean {
    const unknown: string[] = [];
    let at = folder;
    let hidden = this.#hidden.get(at);
    while (hidden === undefined && at !== '') {
      unknown.push(at);
      at = at.slice(0, Math.max(0, at.lastIndexOf('/')));
      hidden = this.#hidden.get(at);
    }
    if (hidden === undefined) {
      hidden = this.record.opaques.has('');
      this.#hidden.set('', hidden);
    }
    for (let each = unknown.pop(); each !== undefined; each = unknown.pop()) {
      hidden ||= this.#hidesItself(each);
      this.#hidden.set(each, hidden);
    }
    return hidden;
  }

  #hidesItself(folder: string): boolean {
    const { whiteouts, opaques, paths } = this.record;
    if (whiteouts.has(folder) || opaques.has(folder)) return true;
    const key = this.#folderKeys.get(folder) ?? pathKey(folder);
    this.#folderKeys.set(folder, key);
    const facts = paths.get(key);
    return facts !== null && facts.kind !== 'directory';
  }
}
