import { sql } from 'kysely';
import type { Reader } from '../../ledger/database/database.ts';
import type { Instant } from '../../ledger/instant.ts';
import type { Ledger } from '../../ledger/ledger.ts';

const name = 'rules';

/** How far the rules have come in the log: the next event. `turn` grows with each of their transactions. */
export interface RulesPlace {
  readonly entry: number;
  readonly place: number;
  readonly turn: number;
}

export async function placeOf(reader: Reader): Promise<RulesPlace | null> {
  const row = await reader
    .selectFrom('cursor')
    .select(['entry', 'place', 'delivered'])
    .where('name', '=', name)
    .executeTakeFirst();
  return row === undefined ? null : { entry: row.entry, place: row.place, turn: row.delivered };
}

/**
 * Lets the rules begin at the log's end as it is now: what was recorded before anybody asked for alarms raises none. Does nothing
 * where they have begun. To be called before the first thing is done of which somebody wants to be told. Returns whether they
 * begin now.
 */
export async function beginRules(ledger: Ledger): Promise<boolean> {
  if ((await placeOf(ledger.reader)) !== null) return false;
  let begun = false;
  await ledger.append('rules', async ({ tx, index, recorded }) => {
    begun = (await placeOf(tx)) === null;
    if (begun) {
      const still = { failing_since: null, attempts: 0, next_at: 0, error: null, delivered: 0, moved: recorded };
      await tx
        .insertInto('cursor')
        .values({ name, entry: index, place: 0, ...still })
        .execute();
    }
    return [];
  });
  return begun;
}

/**
 * In a transaction of the ledger, which nobody else writes to meanwhile: moves on from a place. False where somebody else has
 * been there since it was read: then nothing else may be written.
 */
export async function moveFrom(
  tx: Reader,
  from: RulesPlace,
  to: Pick<RulesPlace, 'entry' | 'place'>,
  now: Instant,
): Promise<boolean> {
  const there = await placeOf(tx);
  if (there === null || there.entry !== from.entry || there.place !== from.place || there.turn !== from.turn)
    return false;
  await sql`UPDATE cursor SET entry = ${to.entry}, place = ${to.place}, delivered = ${from.turn + 1}, moved = ${now}
    WHERE name = ${name}`.execute(tx);
  return true;
}
