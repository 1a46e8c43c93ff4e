import { type RawBuilder, sql, type Transaction } from 'kysely';
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

interface Numbered {
  readonly source: Interned;
  readonly id: number;
  readonly key: string;
}

export type Interned = 'service' | 'environment' | 'artifact' | 'component' | 'vulnerability';

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
    for (const part of parts(wanted)) {
      for (const text of part) known.set(text, null);
      const { rows } = await this.#numbered(table, part).execute(this.#tx);
      for (const { id, key } of rows) known.set(key, id);
    }
  }

  /** As `load`, of several tables in one round trip. */
  async loadAll(wanted: ReadonlyMap<Interned, ReadonlySet<string>>): Promise<void> {
    const selects: RawBuilder<Numbered>[] = [];
    for (const [table, texts] of wanted) {
      const known = this.#of(table);
      const unknown = [...texts].filter((t) => !known.has(t));
      if (unknown.length > mostAtOnce) await this.load(table, unknown);
      else if (unknown.length > 0) {
        for (const text of unknown) known.set(text, null);
        selects.push(this.#numbered(table, unknown));
      }
    }
    if (selects.length === 0) return;
    const { rows } = await sql<Numbered>`${sql.join(selects, sql` UNION ALL `)}`.execute(this.#tx);
    for (const { source, id, key } of rows) this.#of(source).set(key, id);
  }

  #numbered(table: Interned, texts: readonly string[]): RawBuilder<Numbered> {
    const column = keyOf[table];
    return sql<Numbered>`SELECT ${sql.lit(table)} AS source, id, ${sql.ref(column)} AS key FROM ${sql.table(table)}
      WHERE ${among(this.#database, column, texts)}`;
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
