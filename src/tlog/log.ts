import { type OpenedCheckpoint, openCheckpoint, signCheckpoint } from './checkpoint.ts';
import { addSignature } from './cosignature.ts';
import { edgeRoot, hashesAt, tileLevels } from './edge.ts';
import { LogError } from './errors.ts';
import { emptyRoot, leafHash, sameBytes } from './hash.ts';
import { parseSignature, type Verifier } from './note.ts';
import { planPublish, readTail, removeOldPartials, writeAll } from './publish.ts';
import type { Signer } from './signer.ts';
import type { LogStorage } from './storage/storage.ts';
import { readTile, TileReader } from './tile-reader.ts';
import { decodeHashes, maxEntryBytes, tileWidth } from './tiles.ts';
import { consistencyProof, type HashReader, inclusionProof, rootHash } from './tree.ts';

/** The file of the signed state. */
export const checkpointPath = 'checkpoint';

/** An open log. All it gives out leads to the root of its signed checkpoint; what does not throws `inconsistent`. */
export interface Log {
  /** Entries under the checkpoint. */
  readonly size: number;
  readonly root: Uint8Array;
  /** The signed note; null before the first publish. */
  readonly checkpoint: string | null;
  /** One entry. Throws `proof` where there is none at `index`. */
  entry(index: number): Promise<Uint8Array>;
  /** The entries from `from` up to, without, `to`. */
  entries(from: number, to: number): AsyncIterable<Uint8Array>;
  /** The audit path of an entry in the tree of `size`, which is the present one unless given. */
  inclusion(index: number, size?: number): Promise<Uint8Array[]>;
  /** That the tree of `oldSize` is the beginning of the tree of `size`, which is the present one unless given. */
  consistency(oldSize: number, size?: number): Promise<Uint8Array[]>;
  /** The root as it was at a size. */
  rootAt(size: number): Promise<Uint8Array>;
  /**
   * Appends entries and gives the new signed checkpoint; both are durable once resolved, and until then the caller keeps the
   * entries. After a failure or a crash publish them again, with `at` as the index of the first: those that the log has by now
   * are held against it instead of appended. `at` is the end of the log, as this object knows it, unless given. With no
   * entries the checkpoint is signed anew. Throws `too-large` for an entry over 65,535 bytes; `immutable` where the storage
   * holds other entries from an attempt that was not finished, or from another writer; `inconsistent` where the log has other
   * entries from `at` on, or was set back; `write-failed`. Calls wait for one another.
   */
  publish(entries: readonly Uint8Array[], signer: Signer, at?: number): Promise<string>;
  /**
   * Adds a witness's cosignature of the present checkpoint to it, and gives the note; the next publish makes a checkpoint
   * without it. Throws `signature` where the witness's key is not among the log's verifiers or the signature does not hold.
   */
  addCosignature(line: string): Promise<string>;
}

interface State {
  readonly size: number;
  readonly root: Uint8Array;
  readonly edge: readonly (readonly Uint8Array[])[];
  readonly checkpoint: string | null;
  readonly reader: TileReader;
}

/** What a log is opened with. */
export interface LogOptions {
  readonly storage: LogStorage;
  /** The first line of its checkpoints. */
  readonly origin: string;
  /** The log's key, and those before it where it was rotated; keys of witnesses are checked too. */
  readonly verifiers: readonly Verifier[];
}

/**
 * Opens a log, empty where the storage has no checkpoint. Reads the checkpoint and the last tile of each level, and holds
 * them against one another. Throws `signature`, `malformed`, `not-a-log`, `inconsistent`, `unreadable`.
 */
export async function openLog(options: LogOptions): Promise<Log> {
  return new StoredLog(options, await readState(options));
}

async function readState({ storage, origin, verifiers }: LogOptions): Promise<State> {
  const note = await storage.get(checkpointPath);
  if (note === null)
    return { size: 0, root: emptyRoot, edge: [], checkpoint: null, reader: new TileReader(storage, 0, []) };
  const checkpoint = openCheckpoint(note, verifiers, origin);
  const edge = await readEdge(storage, checkpoint);
  const { size, root } = checkpoint;
  return { size, root, edge, checkpoint: new TextDecoder().decode(note), reader: new TileReader(storage, size, edge) };
}

async function readEdge(storage: LogStorage, { size, root }: OpenedCheckpoint): Promise<Uint8Array[][]> {
  const edge = await Promise.all(
    Array.from({ length: tileLevels(size) }, async (_, level) => {
      const count = hashesAt(level, size);
      const width = count % tileWidth;
      if (width === 0) return [];
      const { path, bytes } = await readTile(storage, level, Math.floor(count / tileWidth), width);
      const hashes = bytes === null ? null : decodeHashes(bytes, width);
      if (hashes !== null) return hashes;
      const what = bytes === null ? 'is missing' : 'has another length than its tile';
      throw new LogError('inconsistent', `${path} ${what}: check the log`, { place: path });
    }),
  );
  if (!sameBytes(edgeRoot(edge), root)) {
    throw new LogError(
      'inconsistent',
      `the tiles do not lead to the signed root of the ${size} entries: check the log`,
      {
        place: 'tile',
      },
    );
  }
  return edge;
}

class StoredLog implements Log {
  readonly #options: LogOptions;
  #state: State;
  /** The entries of the last bundle that is not full; null until they are needed. */
  #tail: readonly Uint8Array[] | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: LogOptions, state: State) {
    this.#options = options;
    this.#state = state;
  }

  get size(): number {
    return this.#state.size;
  }

  get root(): Uint8Array {
    return new Uint8Array(this.#state.root);
  }

  get checkpoint(): string | null {
    return this.#state.checkpoint;
  }

  async entry(index: number): Promise<Uint8Array> {
    const there = Number.isSafeInteger(index) && index >= 0 && index < this.size;
    const bundle = there ? await this.#state.reader.bundle(Math.floor(index / tileWidth)) : [];
    const entry = bundle[index % tileWidth];
    if (entry === undefined) throw new LogError('proof', `there is no entry ${index}`, { place: `entry ${index}` });
    return new Uint8Array(entry);
  }

  async *entries(from: number, to: number): AsyncIterable<Uint8Array> {
    const { reader } = this.#within(to);
    if (!Number.isSafeInteger(from) || from < 0) throw new LogError('proof', `there is no entry ${from}`);
    for (let at = from; at < to; ) {
      const bundle = Math.floor(at / tileWidth);
      const end = Math.min(to, (bundle + 1) * tileWidth);
      for (const entry of (await reader.bundle(bundle)).slice(at % tileWidth, end - bundle * tileWidth)) {
        yield new Uint8Array(entry);
      }
      at = end;
    }
  }

  inclusion(index: number, size: number = this.size): Promise<Uint8Array[]> {
    return this.#hashes(size, (read) => inclusionProof(index, size, read));
  }

  consistency(oldSize: number, size: number = this.size): Promise<Uint8Array[]> {
    return this.#hashes(size, (read) => consistencyProof(oldSize, size, read));
  }

  rootAt(size: number): Promise<Uint8Array> {
    return this.#hashes(size, (read) => rootHash(size, read));
  }

  async #hashes<T>(size: number, compute: (read: HashReader) => T): Promise<T> {
    return await this.#within(size).reader.with(compute);
  }

  /** The state, for reading the tree of `size`. */
  #within(size: number): State {
    if (!Number.isSafeInteger(size) || size < 0 || size > this.#state.size) {
      throw new LogError('proof', `the log has ${this.#state.size} entries, not ${size}`, { place: `size ${size}` });
    }
    return this.#state;
  }

  publish(entries: readonly Uint8Array[], signer: Signer, at?: number): Promise<string> {
    // Copies: what is hashed now is written later, and the last bundle is kept for the next publish.
    const own = entries.map((entry) => new Uint8Array(entry));
    return this.#inTurn(() => this.#publish(own, signer, at ?? this.size));
  }

  addCosignature(line: string): Promise<string> {
    return this.#inTurn(async () => {
      await this.#refresh();
      const { checkpoint } = this.#state;
      if (checkpoint === null)
        throw new LogError('not-a-log', 'there is no checkpoint to cosign', { place: checkpointPath });
      const { storage, verifiers, origin } = this.#options;
      const cosigned = addSignature(checkpoint, line);
      const { verifiedBy } = openCheckpoint(cosigned, verifiers, origin).note;
      const { name, keyId } = parseSignature(line.trimEnd(), 'signature');
      if (!verifiedBy.some(({ verifier }) => verifier.name === name && verifier.keyId === keyId)) {
        throw new LogError('signature', 'the cosignature is by a key that is not known here', {
          place: checkpointPath,
        });
      }
      await storage.replace(checkpointPath, new TextEncoder().encode(cosigned));
      this.#state = { ...this.#state, checkpoint: cosigned };
      return cosigned;
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #publish(entries: readonly Uint8Array[], signer: Signer, at: number): Promise<string> {
    const tooLarge = entries.findIndex((entry) => entry.length > maxEntryBytes);
    if (tooLarge >= 0) {
      const place = `entry ${at + tooLarge}`;
      throw new LogError('too-large', `${place} has ${entries[tooLarge]?.length} bytes, more than ${maxEntryBytes}`, {
        place,
      });
    }
    await this.#refresh();
    const fresh = entries.slice(await this.#alreadyThere(entries, at));
    const { storage, origin } = this.#options;
    const { size, edge, reader, checkpoint: before } = this.#state;
    if (fresh.length === 0 && entries.length > 0 && before !== null) return before;

    const tail = this.#tail ?? (await readTail(reader, size));
    const leaves = fresh.map(leafHash);
    const plan = planPublish({ size, edge, tail }, fresh, leaves);
    const next = { origin, size: size + fresh.length, root: edgeRoot(plan.edge) };
    const checkpoint = await signCheckpoint(next, signer);
    // Who could not open the log again with its own keys must not write to it.
    openCheckpoint(checkpoint, this.#options.verifiers, origin);
    await writeAll(storage, plan.files);
    await storage.replace(checkpointPath, new TextEncoder().encode(checkpoint));
    const known = { size: next.size, root: next.root, edge: plan.edge, checkpoint };
    this.#state = { ...known, reader: new TileReader(storage, next.size, plan.edge) };
    this.#tail = plan.tail;
    await removeOldPartials(storage, size, next.size);
    return checkpoint;
  }

  /** Takes over what was published since: by a publish here that failed after its last write, or by another process. */
  async #refresh(): Promise<void> {
    const { storage } = this.#options;
    const note = await storage.get(checkpointPath);
    const known = this.#state;
    if ((note === null ? null : new TextDecoder().decode(note)) === known.checkpoint) return;
    const now = await readState(this.#options);
    const refuse = (why: string) =>
      new LogError('inconsistent', `the log in the storage ${why}: nothing is written over it`, {
        place: checkpointPath,
      });
    if (now.size < known.size) throw refuse(`has ${now.size} entries, where ${known.size} were published`);
    const root = await now.reader.with((read) => rootHash(known.size, read));
    if (!sameBytes(root, known.root)) throw refuse(`has other entries among the first ${known.size}`);
    this.#state = now;
    this.#tail = null;
  }

  /** How many of the entries to be published from `at` on the log has already. */
  async #alreadyThere(entries: readonly Uint8Array[], at: number): Promise<number> {
    const { size, reader } = this.#state;
    if (!Number.isSafeInteger(at) || at < 0 || at > size) {
      throw new LogError('inconsistent', `the log ends at ${size}: entry ${at} cannot be the next`, {
        place: `entry ${at}`,
      });
    }
    const count = Math.min(entries.length, size - at);
    for (let i = 0; i < count; i++) {
      const there = (await reader.tile(0, Math.floor((at + i) / tileWidth)))[(at + i) % tileWidth];
      const entry = entries[i];
      if (there !== undefined && entry !== undefined && sameBytes(there, leafHash(entry))) continue;
      const place = `entry ${at + i}`;
      throw new LogError('inconsistent', `${place} of the log is another one than the one to be published there`, {
        place,
      });
    }
    if (at + entries.length < size) {
      const place = `entry ${at + entries.length}`;
      throw new LogError('inconsistent', `the log goes on with ${place} behind the entries to be published`, { place });
    }
    return count;
  }
}
