import { hostname } from 'node:os';
import { sql } from 'kysely';
import { writeBeside } from '../../../ledger/beside.ts';
import type { Instant } from '../../../ledger/instant.ts';
import type { Ledger } from '../../../ledger/ledger.ts';
import type { Leases } from '../../../watch/jobs/leases.ts';

/** Rows of processes that were killed are kept for so long. */
const keptMs = 24 * 60 * 60_000;

const prefix = 'watch:';

/** Name of this process's own row: that it lives can be read from it. */
export function heartbeatName(): string {
  return `${prefix}${hostname().slice(0, 100)}-${process.pid}`;
}

/**
 * When a watch was last seen alive, by anything that it left; null: never. Asked before this process leaves its own.
 */
export async function lastSeen(ledger: Ledger): Promise<Instant | null> {
  const { rows } = await sql<{ at: Instant | null }>`SELECT max(last_done) AS at FROM job
    WHERE name LIKE ${`${prefix}%`} OR name = 'cycle'`.execute(ledger.reader);
  return rows[0]?.at ?? null;
}

/** Says that this process lives. */
export async function beat(ledger: Ledger, leases: Leases): Promise<void> {
  const now = await leases.now();
  await writeBeside(ledger, async (tx) => {
    await sql`INSERT INTO job (name, due, owner, lease_until, claim, last_began, last_done, last_error)
      VALUES (${heartbeatName()}, ${now}, NULL, 0, 0, ${now}, ${now}, NULL)
      ON CONFLICT (name) DO UPDATE SET last_done = ${now}, due = ${now}`.execute(tx);
  });
}

/** Removes rows of processes that ended long ago, but not the newest: it says since when nobody watched. */
export async function sweep(ledger: Ledger, leases: Leases): Promise<void> {
  const before = (await leases.now()) - keptMs;
  await writeBeside(ledger, async (tx) => {
    await sql`DELETE FROM job WHERE name LIKE ${`${prefix}%`} AND last_done < ${before}
      AND last_done < (SELECT max(last_done) FROM job WHERE name LIKE ${`${prefix}%`})`.execute(tx);
  });
}
