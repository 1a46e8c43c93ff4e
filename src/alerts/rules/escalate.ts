import { sql } from 'kysely';
import type { Reader } from '../../ledger/database/database.ts';
import type { Fact } from '../../ledger/fact.ts';
import type { Instant } from '../../ledger/instant.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { readAlert } from '../../ledger/read-documents.ts';
import type { Digest } from '../../model/inventory.ts';

const mostAtOnce = 200;

/** Open alerts that nobody acknowledged in time. */
async function overdue(reader: Reader, now: Instant): Promise<{ id: number; document: Digest }[]> {
  const { rows } = await sql<{ id: number; document: Digest }>`SELECT id, document FROM alert
    WHERE resolved IS NULL AND acknowledged IS NULL AND escalated IS NULL AND escalate_at <= ${now}
    ORDER BY id LIMIT ${mostAtOnce}`.execute(reader);
  return rows;
}

/** When the next alert is to be escalated; null where none is. */
export async function nextEscalation(reader: Reader): Promise<Instant | null> {
  const { rows } = await sql<{ at: number | null }>`SELECT min(escalate_at) AS at FROM alert
    WHERE resolved IS NULL AND acknowledged IS NULL AND escalated IS NULL`.execute(reader);
  return rows[0]?.at ?? null;
}

/** Tells others of alerts that nobody acknowledged in time: once each. Returns how many. */
export async function escalate(ledger: Ledger, now: Instant, actor: string): Promise<number> {
  let count = 0;
  for (;;) {
    const sends = new Map<number, readonly string[]>();
    for (const { id, document } of await overdue(ledger.reader, now)) {
      const { escalate: to } = readAlert(await ledger.documents.get(document), document);
      sends.set(id, to?.send ?? []);
    }
    if (sends.size === 0) return count;
    const { count: done } = await ledger.append(actor, async ({ tx }) => {
      const still = (await overdue(tx, now)).filter(({ id }) => sends.has(id));
      return still.map(({ id }): Fact => ({ kind: 'alert-escalated', alert: id, send: sends.get(id) ?? [] }));
    });
    if (done === 0) return count;
    count += done;
  }
}
