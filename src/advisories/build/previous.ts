import { existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { FeedState, SnapshotInfo } from '../../model/advisory.ts';
import { CodedError } from '../../model/errors.ts';
import type { PartState } from '../feeds/part.ts';
import { unpackBlock } from '../store/format.ts';
import { openFile, readSnapshot } from '../store/open-file.ts';
import type { SortItem } from './sorter.ts';

/** The store as it is before an update. */
export class PreviousStore {
  readonly file: string;
  readonly snapshot: SnapshotInfo;
  readonly #db: DatabaseSync;

  constructor(file: string) {
    this.file = file;
    this.#db = openFile(file);
    this.snapshot = readSnapshot(this.#db);
  }

  feed(id: string): FeedState | null {
    return this.snapshot.feeds.find((f) => f.id === id) ?? null;
  }

  /** Newest time inside a feed. */
  newest(id: string): string | null {
    const value = this.#db.prepare('SELECT newest FROM feed WHERE id = ?').get(id)?.['newest'];
    return typeof value === 'string' ? value : null;
  }

  parts(feed: string): Map<string, PartState> {
    const rows = this.#db.prepare('SELECT path, state FROM part WHERE feed = ?').all(feed);
    return new Map(rows.map((row) => [String(row['path']), JSON.parse(String(row['state'])) as PartState]));
  }

  /** Releases that a feed speaks of, as `:12`. */
  releases(feed: string): string[] {
    const rows = this.#db.prepare('SELECT suffix FROM release WHERE feed = ?').all(feed);
    return rows.map((row) => String(row['suffix']));
  }

  /** Every advisory of a feed under every name, as it is sorted. */
  *advisories(feed: string): Generator<SortItem> {
    for (const row of this.#db.prepare('SELECT data FROM block WHERE feed = ?').iterate(feed)) {
      for (const line of unpackBlock(row['data'] as Uint8Array)
        .toString('utf8')
        .split('\n')) {
        if (line === '') continue;
        const [name, ...advisories] = JSON.parse(line) as [string, ...(readonly [string, string, ...unknown[]])[]];
        for (const packed of advisories) {
          yield { name, id: packed[0], modified: packed[1], packed: JSON.stringify(packed) };
        }
      }
    }
  }

  close(): void {
    this.#db.close();
  }
}

/** Opens the store that is to be updated; null where there is none. One that cannot be read is none, and `warn` says so. */
export function openPrevious(file: string, warn: (message: string) => void): PreviousStore | null {
  if (!existsSync(file)) return null;
  try {
    return new PreviousStore(file);
  } catch (thrown) {
    if (!(thrown instanceof CodedError)) throw thrown;
    warn(`${thrown.message}; it is built anew, with what this update fetches alone`);
    return null;
  }
}
