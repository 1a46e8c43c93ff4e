import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { writeFailure } from '../../files/write-failure.ts';
import type { FeedState, SnapshotInfo } from '../../model/advisory.ts';
import type { EpssFact, ExploitedFact, NvdFact } from '../feeds/facts.ts';
import type { FactSink } from '../feeds/feed.ts';
import type { PartState } from '../feeds/part.ts';
import { rowsDigest, snapshotDigest } from '../store/digest.ts';
import { packSeverity } from '../store/encoding.ts';
import { applicationId, formatRevision, indexes, schema } from '../store/format.ts';
import { readSnapshot } from '../store/open-file.ts';
import { BlockPacker } from './block-packer.ts';
import type { Sorter } from './sorter.ts';

/** A failed write of the store or a mirror, as `writeFailure` says it. */
export function storeWriteFailure(file: string, thrown: unknown): unknown {
  return writeFailure(file, thrown, {
    unwritable: 'let this user write there, or set KVITTO_HOME to a folder that may be written to',
    full: 'free some space there, or set KVITTO_HOME to a larger disk; the former store is still in use',
  });
}

/**
 * Writes a new store beside the old one. Feeds are written or kept from the old store one after the other; `finish`
 * completes the file. Until it is renamed nobody sees it.
 */
export class StoreWriter implements FactSink {
  readonly file: string;
  readonly #db: DatabaseSync;
  readonly #keeps: boolean;

  constructor(file: string, previous: string | null) {
    this.file = file;
    this.#keeps = previous !== null;
    rmSync(file, { force: true });
    this.#db = new DatabaseSync(file);
    this.#db.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA cache_size = -32768; PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${formatRevision};`);
    if (previous !== null) {
      const url = pathToFileURL(previous);
      url.search = '?mode=ro&immutable=1';
      this.#db.prepare('ATTACH ? AS old').run(url.href);
    }
    this.#db.exec(`BEGIN; ${schema}`);
  }

  /** Takes a feed over from the old store: its rows, parts and state, all as they are. */
  keepFeed(feed: string): void {
    if (!this.#keeps) return;
    const run = (sql: string) => this.#db.prepare(sql).run(feed);
    run('INSERT INTO feed SELECT * FROM old.feed WHERE id = ?');
    run('INSERT INTO part SELECT * FROM old.part WHERE feed = ?');
    if (feed === 'nvd') this.#db.exec('INSERT INTO nvd SELECT * FROM old.nvd ORDER BY year, first');
    else if (feed === 'epss') this.#db.exec('INSERT INTO epss SELECT * FROM old.epss ORDER BY cve');
    else if (feed.startsWith('osv/')) {
      run('INSERT INTO block SELECT * FROM old.block WHERE feed = ? ORDER BY first');
      run('INSERT INTO release SELECT * FROM old.release WHERE feed = ?');
    } else run('INSERT INTO exploited SELECT * FROM old.exploited WHERE feed = ?');
  }

  /** Takes one NVD year over from the old store; the feed's state is written by `putFeed`. */
  keepNvdYear(year: number): void {
    this.#db.prepare('INSERT INTO nvd SELECT * FROM old.nvd WHERE year = ? ORDER BY first').run(year);
  }

  /** Forgets what was written of a feed that turned out to be unreadable in its middle. */
  dropFeed(feed: string): void {
    if (feed === 'nvd' || feed === 'epss') this.#db.exec(`DELETE FROM ${feed}`);
    else this.#db.prepare('DELETE FROM exploited WHERE feed = ?').run(feed);
  }

  putAdvisories(feed: string, sorter: Sorter): void {
    const insert = this.#db.prepare('INSERT INTO block VALUES (?, ?, ?)');
    let name: string | null = null;
    let line: string[] = [];
    const blocks = new BlockPacker<string>((first, data) => insert.run(feed, first, data));
    const closeName = () => {
      if (name !== null) blocks.add(name, `[${JSON.stringify(name)},${line.join(',')}]`);
      line = [];
    };
    for (const item of sorter.sorted()) {
      if (item.name !== name) closeName();
      name = item.name;
      line.push(item.packed);
    }
    closeName();
    blocks.flush();
    const release = this.#db.prepare('INSERT INTO release VALUES (?, ?)');
    for (const suffix of [...sorter.releases].sort()) release.run(feed, suffix);
  }

  putNvdYear(year: number, facts: readonly NvdFact[]): void {
    const insert = this.#db.prepare('INSERT INTO nvd VALUES (?, ?, ?)');
    const blocks = new BlockPacker<number>((first, data) => insert.run(year, first, data));
    for (const f of facts) blocks.add(f.key, JSON.stringify([f.key, packSeverity(f.severity), f.published, f.summary]));
    blocks.flush();
  }

  putEpss(facts: readonly EpssFact[]): void {
    const insert = this.#db.prepare('INSERT INTO epss VALUES (?, ?, ?)');
    for (const f of facts) insert.run(f.key, f.probability, f.percentile);
  }

  putExploited(feed: string, facts: readonly ExploitedFact[]): void {
    const insert = this.#db.prepare('INSERT INTO exploited VALUES (?, ?, ?, ?, ?, ?)');
    for (const { key, exploitation: e, summary } of facts) {
      insert.run(key, feed, e.since, e.due, e.ransomware ? 1 : 0, summary);
    }
  }

  /** Writes a feed's state once its rows are in. `newest`: newest time inside the feed. */
  putFeed(state: FeedState, newest: string | null, parts: readonly PartState[]): void {
    const digest = rowsDigest(this.#db, state.id);
    this.#db.prepare('INSERT INTO feed VALUES (?, ?, ?, ?)').run(state.id, JSON.stringify(state), digest, newest);
    const insert = this.#db.prepare('INSERT INTO part VALUES (?, ?, ?)');
    for (const part of parts) insert.run(state.id, part.path, JSON.stringify(part));
  }

  /** A feed that was confirmed without a change: only its time, and what is known of its parts, are new. */
  touchFeed(feed: string, asOf: string, parts: readonly PartState[]): void {
    const row = this.#db.prepare('SELECT state FROM feed WHERE id = ?').get(feed);
    const state = { ...(JSON.parse(String(row?.['state'])) as FeedState), asOf };
    this.#db.prepare('UPDATE feed SET state = ? WHERE id = ?').run(JSON.stringify(state), feed);
    const replace = this.#db.prepare('INSERT OR REPLACE INTO part VALUES (?, ?, ?)');
    for (const part of parts) replace.run(feed, part.path, JSON.stringify(part));
  }

  /** Completes the file: indexes, digest, size. The writer is closed after it. */
  finish(): SnapshotInfo {
    const feeds = this.#db
      .prepare('SELECT state, rows_digest FROM feed')
      .all()
      .map((row) => ({ state: JSON.parse(String(row['state'])) as FeedState, rowsDigest: String(row['rows_digest']) }));
    this.#db.exec(indexes);
    const meta = this.#db.prepare('INSERT OR REPLACE INTO meta VALUES (?, ?)');
    meta.run('digest', snapshotDigest(feeds));
    // Written twice at one length, so that the second time does not change the number of pages.
    meta.run('pages', '0'.repeat(12));
    this.#db.exec('COMMIT');
    const pages = Object.values(this.#db.prepare('PRAGMA page_count').get() ?? {})[0];
    meta.run('pages', String(pages).padStart(12, '0'));
    const snapshot = readSnapshot(this.#db);
    this.#db.close();
    return snapshot;
  }

  /** Gives up and leaves nothing behind. Harmless after `finish`, apart from removing the file. */
  discard(): void {
    if (this.#db.isOpen) this.#db.close();
    rmSync(this.file, { force: true });
  }
}
