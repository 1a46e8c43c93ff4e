import { rmSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';

/** What is sorted: one advisory for one name, as text. */
export interface SortItem {
  readonly name: string;
  readonly id: string;
  readonly modified: string;
  readonly packed: string;
}

/**
 * Sorts any number of advisories by name and id (bytes of UTF-8) through a scratch file, in little memory.
 * The file is worth nothing after a crash, so nothing is synced.
 */
export class Sorter {
  readonly #file: string;
  readonly #db: DatabaseSync;
  readonly #insert: StatementSync;
  /** What follows the ecosystem in any entry of what is sorted: `:12`, empty where there is no release. */
  readonly releases = new Set<string>();

  constructor(file: string) {
    this.#file = file;
    rmSync(file, { force: true });
    this.#db = new DatabaseSync(file);
    this.#db.exec(`
      PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -32768;
      CREATE TABLE work (name TEXT, id TEXT, modified TEXT, packed TEXT);
      BEGIN;
    `);
    this.#insert = this.#db.prepare('INSERT INTO work VALUES (?, ?, ?, ?)');
  }

  add(item: SortItem): void {
    this.#insert.run(item.name, item.id, item.modified, item.packed);
  }

  /** In order; of records with one id for one name only the last modified, and of those the first that came. */
  *sorted(): Generator<{ readonly name: string; readonly packed: string }> {
    // Only the keys go through the sort; the texts, which are most of the bytes, are read where they lie.
    const keys = this.#db.prepare('SELECT rowid, name, id FROM work ORDER BY name, id, modified DESC, rowid');
    keys.setReturnArrays(true);
    const text = this.#db.prepare('SELECT packed FROM work WHERE rowid = ?');
    let last = '';
    for (const row of keys.iterate() as Iterable<unknown>) {
      const [rowid, name, id] = row as [number, string, string];
      const key = `${name}\0${id}`;
      if (key === last) continue;
      last = key;
      yield { name, packed: String(text.get(rowid)?.['packed']) };
    }
  }

  close(): void {
    this.#db.close();
    rmSync(this.#file, { force: true });
  }
}
