import type { Transaction } from 'kysely';
import type { Database } from '../database/database.ts';
import type { TableName, Tables } from '../database/tables.ts';

/** Rows that wait to be written together. */
export class Rows {
  readonly #tx: Transaction<Tables>;
  readonly #database: Database;
  #waiting = new Map<TableName, Tables[TableName][]>();
  #flushes = 0;

  constructor(tx: Transaction<Tables>, database: Database) {
    this.#tx = tx;
    this.#database = database;
  }

  add<T extends TableName>(table: T, row: Tables[T]): void {
    const waiting = this.#waiting.get(table);
    if (waiting === undefined) this.#waiting.set(table, [row]);
    else waiting.push(row);
  }

  /** How often rows were written: one that was added at another count is in the database. */
  get flushes(): number {
    return this.#flushes;
  }

  /** Writes all, so that queries see them. */
  async flush(): Promise<void> {
    if (this.#waiting.size === 0) return;
    const batch = this.#waiting;
    this.#waiting = new Map();
    this.#flushes += 1;
    await this.#database.write(this.#tx, batch);
  }
}
