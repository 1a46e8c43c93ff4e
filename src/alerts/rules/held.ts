import { sql } from 'kysely';
import { among, parts } from '../../ledger/apply/interned.ts';
import type { Database, Reader } from '../../ledger/database/database.ts';
import type { Instant } from '../../ledger/instant.ts';
import type { Group } from './group.ts';

/** A group that waits. */
export interface Held {
  readonly group: Group;
  readonly due: Instant;
}

interface Source {
  readonly reader: Reader;
  readonly database: Database;
}

interface Row {
  readonly due: number;
  readonly content: string;
}

// Our own words: written by `hold`, by nobody else.
const heldOf = ({ due, content }: Row): Held => ({ due, group: JSON.parse(content) as Group });

/** What waits of these threads, by thread. */
export async function heldOfThreads(
  { reader, database }: Source,
  threads: readonly string[],
): Promise<Map<string, Held>> {
  const found = new Map<string, Held>();
  for (const part of parts(threads, 1000)) {
    const { rows } = await sql<Row & { thread: string }>`SELECT thread, due, content FROM held
      WHERE ${among(database, 'thread', part)}`.execute(reader);
    for (const row of rows) found.set(row.thread, heldOf(row));
  }
  return found;
}

/** What has waited long enough, the first first. */
export async function dueOf({ reader }: Pick<Source, 'reader'>, now: Instant, most: number): Promise<Held[]> {
  const { rows } = await sql<Row>`SELECT due, content FROM held WHERE due <= ${now}
    ORDER BY due, rule, thread LIMIT ${most}`.execute(reader);
  return rows.map(heldOf);
}

/** When something will have waited long enough; null where nothing waits. */
export async function nextDue({ reader }: Pick<Source, 'reader'>): Promise<Instant | null> {
  const { rows } = await sql<{ due: number | null }>`SELECT min(due) AS due FROM held`.execute(reader);
  return rows[0]?.due ?? null;
}

const rowsAtOnce = 200;

/** Lets groups wait, in the place of what waited of their threads. */
export async function hold(tx: Reader, held: readonly Held[]): Promise<void> {
  for (const part of parts(held, rowsAtOnce)) {
    const rows = part.map(({ group, due }) => {
      return { rule: group.rule, thread: group.thread, due, content: JSON.stringify(group) };
    });
    await tx
      .insertInto('held')
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .columns(['rule', 'thread'])
          .doUpdateSet((of) => ({ due: of.ref('excluded.due'), content: of.ref('excluded.content') })),
      )
      .execute();
  }
}

/** What waited of these threads waits no more. */
export async function release(tx: Reader, database: Database, threads: readonly string[]): Promise<void> {
  for (const part of parts(threads, 1000)) {
    await sql`DELETE FROM held WHERE ${among(database, 'thread', part)}`.execute(tx);
  }
}

/** When alerts of these threads were raised last. */
export async function lastRaised(
  { reader, database }: Source,
  threads: readonly string[],
): Promise<Map<string, Instant>> {
  const last = new Map<string, Instant>();
  for (const part of parts(threads, 1000)) {
    const { rows } = await sql<{ thread: string; at: number }>`SELECT thread, max(known_from) AS at FROM alert
      WHERE ${among(database, 'thread', part)} GROUP BY thread`.execute(reader);
    for (const { thread, at } of rows) last.set(thread, at);
  }
  return last;
}
