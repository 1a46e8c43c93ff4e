import { sql } from 'kysely';
import { among } from '../../ledger/apply/interned.ts';
import type { FactKind } from '../../ledger/fact.ts';
import type { Ledger } from '../../ledger/ledger.ts';

/** Kinds of entries that changes come from; besides them deployments with a mark. */
const changing: readonly FactKind[] = ['rescanned', 'observed', 'decisions-expired', 'conditions-changed'];

const mostAtOnce = 500;

/** Indexes of the entries of which there may be changes, from one up to another, in order. A million plain deployments cost nothing. */
export async function* changingEntries(
  { reader, database }: Ledger,
  from: number,
  end: number,
): AsyncGenerator<number> {
  let next = from;
  while (next < end) {
    const { rows } = await sql<{ entry: number }>`SELECT entry FROM (
        SELECT o.entry FROM outbox o WHERE o.entry >= ${next} AND o.entry < ${end} AND ${among(database, 'o.kind', changing)}
        UNION ALL SELECT d.id AS entry FROM deployment d WHERE d.id >= ${next} AND d.id < ${end} AND d.marks <> ''
      ) AS found ORDER BY entry LIMIT ${mostAtOnce}`.execute(reader);
    for (const { entry } of rows) yield entry;
    if (rows.length < mostAtOnce) return;
    next = (rows.at(-1)?.entry ?? end) + 1;
  }
}
