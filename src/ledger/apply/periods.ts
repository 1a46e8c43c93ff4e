import { sql, type Transaction } from 'kysely';
import type { Database } from '../database/database.ts';
import type { PeriodRow, Tables } from '../database/tables.ts';
import { forever } from '../instant.ts';
import { among, parts } from './interned.ts';
import type { Rows } from './rows.ts';

/** What is believed of the times of deployments, read and written many at a time. */
export class Periods {
  readonly #tx: Transaction<Tables>;
  readonly #database: Database;
  readonly #rows: Rows;
  readonly #current = new Map<number, { row: PeriodRow; flush: number } | null>();
  /** Rows of the database that are not believed any more, with the time since when. */
  #ended: PeriodRow[] = [];

  constructor(tx: Transaction<Tables>, database: Database, rows: Rows) {
    this.#tx = tx;
    this.#database = database;
    this.#rows = rows;
  }

  /** Reads what is now believed of deployments. */
  async load(deployments: Iterable<number>): Promise<void> {
    const wanted = [...new Set(deployments)].filter((d) => !this.#current.has(d));
    for (const part of parts(wanted)) {
      for (const deployment of part) this.#current.set(deployment, null);
      const { rows } = await sql<PeriodRow>`SELECT * FROM period
        WHERE known_to = ${forever} AND ${among(this.#database, 'deployment', part)}`.execute(this.#tx);
      for (const row of rows) this.#current.set(row.deployment, { row, flush: -1 });
    }
  }

  /** A deployment of which nothing was believed before. */
  add(row: PeriodRow): void {
    this.#rows.add('period', row);
    this.#current.set(row.deployment, { row, flush: this.#rows.flushes });
  }

  /** What is now believed of a deployment; null where there is none. */
  async current(deployment: number): Promise<PeriodRow | null> {
    if (!this.#current.has(deployment)) await this.load([deployment]);
    return this.#current.get(deployment)?.row ?? null;
  }

  /** Believes from `known_from` on what `now` says. What was believed before stays. */
  replace(now: PeriodRow): void {
    const before = this.#current.get(now.deployment);
    if (before !== undefined && before !== null) {
      before.row.known_to = now.known_from;
      if (before.flush !== this.#rows.flushes) this.#ended.push(before.row);
    }
    this.add(now);
  }

  /** Writes what ended. Before the rows that wait. */
  async flush(): Promise<void> {
    const ended = this.#ended;
    this.#ended = [];
    if (ended.length === 0) return;
    if (this.#database.kind === 'postgres') {
      const list = (column: keyof PeriodRow) => sql`${ended.map((row) => row[column])}::bigint[]`;
      await sql`UPDATE period p SET known_to = e.known_to
        FROM unnest(${list('deployment')}, ${list('entry')}, ${list('known_to')}) AS e (deployment, entry, known_to)
        WHERE p.deployment = e.deployment AND p.entry = e.entry`.execute(this.#tx);
      return;
    }
    for (const { deployment, entry, known_to } of ended) {
      await sql`UPDATE period SET known_to = ${known_to}
        WHERE deployment = ${deployment} AND entry = ${entry}`.execute(this.#tx);
    }
  }
}
