import type { Transaction } from 'kysely';
import type { Database } from '../database/database.ts';
import type { TableName, Tables } from '../database/tables.ts';

/** Rows that wait to be written together. */
export class Rows {
  readonly #tx: Transaction<Tables>;
  readonly #database: Database;
  readonly #waiting = new Map<TableName, Tables[TableName][]>();

  constructor(tx: Transaction<Tables>, database: Database) {
    this.#tx = tx;
    this.#database = database;
  }

  add<T extends TableName>(table: T, row: Tables[T]): void {
    const waiting = this.#waiting.get(table);
    if (waiting === undefined) this.#waiting.set(table, [row]);
    else waiting.push(row);
  }

  /** Writes all, so that queries see them. */
  async flush(): Promise<void> {
    for (const [table, rows] of this.#waiting) {
      if (rows.length === 0) continue;
      this.#waiting.set(table, []);
      await this.#database.insertRows(this.#tx, table, rows as never);
    }
  }
}
