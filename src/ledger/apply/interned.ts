import { sql, type Transaction } from 'kysely';
import type { Database } from '../database/database.ts';
import type { Tables } from '../database/tables.ts';

/** `column = one of values`, with the list as a single parameter. */
export function among(database: Database, column: string, values: readonly (string | number)[]) {
  const ref = sql.ref(column);
  if (database.kind === 'sqlite')
    return sql<boolean>`${ref} IN (SELECT value FROM json_each(${JSON.stringify(values)}))`;
  return typeof values[0] === 'number'
    ? sql<boolean>`${ref} = ANY(${values}::bigint[])`
    : sql<boolean>`${ref} = ANY(${values}::text[])`;
}

const mostAtOnce = 20_000;

/** A list in parts that fit into one statement. */
export function* parts<T>(list: readonly T[], size = mostAtOnce): Generator<readonly T[]> {
  for (let at = 0; at < list.length; at += size) yield list.slice(at, at + size);
}

type Interned = 'service' | 'environment' | 'artifact' | 'component' | 'vulnerability';

const keyOf = {
  service: 'name',
  environment: 'name',
  artifact: 'digest',
  component: 'purl',
  vulnerability: 'name',
} as const;

/** The numbers that stand for texts in one transaction: read once, and given out for what is new, in the order in which it comes. */
export class Numbers {
  readonly #tx: Transaction<Tables>;
  readonly #database: Database;
  readonly #known = new Map<Interned, Map<string, number | null>>();
  readonly #next = new Map<string, number>();

  constructor(tx: Transaction<Tables>, database: Database) {
    this.#tx = tx;
    this.#database = database;
  }

  /** The next free number of a table. */
  async next(table: Interned | 'advisory_name' | 'snapshot'): Promise<number> {
    let next = this.#next.get(table);
    if (next === undefined) {
      const row = await this.#tx.selectFrom(table).select(sql<number | null>`max(id)`.as('last')).executeTakeFirst();
      next = Number(row?.last ?? 0) + 1;
    }
    this.#next.set(table, next + 1);
    return next;
  }

  /** Reads the numbers of many texts at once. */
  async load(table: Interned, texts: Iterable<string>): Promise<void> {
    const known = this.#of(table);
    const wanted = [...new Set(texts)].filter((t) => !known.has(t));
    const column = keyOf[table];
    for (const part of parts(wanted)) {
      const { rows } = await sql<{
        id: number;
        key: string;
      }>`SELECT id, ${sql.ref(column)} AS key FROM ${sql.table(table)}
        WHERE ${among(this.#database, column, part)}`.execute(this.#tx);
      for (const text of part) known.set(text, null);
      for (const { id, key } of rows) known.set(key, id);
    }
  }

  /** The number of a text; null where it has none yet. */
  async get(table: Interned, text: string): Promise<number | null> {
    const known = this.#of(table);
    if (!known.has(text)) await this.load(table, [text]);
    return known.get(text) ?? null;
  }

  /** Gives a number to a text that has none. */
  async give(table: Interned, text: string): Promise<number> {
    const id = await this.next(table);
    this.#of(table).set(text, id);
    return id;
  }

  #of(table: Interned): Map<string, number | null> {
    let known = this.#known.get(table);
    if (known === undefined) {
      known = new Map();
      this.#known.set(table, known);
    }
    return known;
  }
}
