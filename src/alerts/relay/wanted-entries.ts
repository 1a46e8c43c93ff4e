import { sql } from 'kysely';
import { among } from '../../ledger/apply/interned.ts';
import type { FactKind } from '../../ledger/fact.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { EventType } from '../../model/event.ts';
import { eventTypesOf } from './entry-kinds.ts';

/** Entries that one query looks through, and most that it gives. */
const windowEntries = 50_000;
const mostEntries = 1_000;

/** Entries of a stretch of the log that may tell something of these types, in order; the stretch ends before `upTo`. */
export interface Stretch {
  readonly entries: readonly number[];
  readonly upTo: number;
}

/**
 * Looks from an entry on, before `end`, for entries that may tell something of these types. Looks at their kinds alone, so that a million of
 * others is passed over in little time; a stretch is bounded, and may have none.
 */
export async function wantedEntries(
  ledger: Ledger,
  types: ReadonlySet<EventType>,
  from: number,
  end: number,
): Promise<Stretch> {
  const upTo = Math.min(end, from + windowEntries);
  if (upTo <= from) return { entries: [], upTo: from };
  const kinds = (Object.keys(eventTypesOf) as FactKind[]).filter((kind) =>
    eventTypesOf[kind].some((type) => types.has(type)),
  );
  const named = kinds.filter((kind) => kind !== 'deployment-started');
  // Nearly all entries are deployments that began, and hardly any of those has marks.
  const started = types.has('deployment')
    ? sql`o.kind IS NULL`
    : types.has('change')
      ? sql`(o.kind IS NULL AND EXISTS (SELECT 1 FROM deployment d WHERE d.id = o.entry AND d.marks <> ''))`
      : sql`FALSE`;
  const { rows } = await sql<{ entry: number }>`SELECT o.entry FROM outbox o
    WHERE o.entry >= ${from} AND o.entry < ${upTo} AND (${among(ledger.database, 'o.kind', named)} OR ${started})
    ORDER BY o.entry LIMIT ${mostEntries}`.execute(ledger.reader);
  const entries = rows.map((row) => row.entry);
  return { entries, upTo: entries.length < mostEntries ? upTo : (entries.at(-1) ?? from) + 1 };
}
