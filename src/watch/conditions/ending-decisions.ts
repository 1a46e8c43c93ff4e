import { sql } from 'kysely';
import type { Condition } from '../../ledger/document-shapes.ts';
import { forever, formatInstant, type Instant } from '../../ledger/instant.ts';
import type { Source } from '../../ledger/queries/changed-components.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** How many days before its end a decision is told of. */
const steps = [1, 7, 14] as const;

/** Decisions that stand and whose time runs out within 14 days. */
export async function endingDecisions({ reader }: Source, now: Instant): Promise<Condition[]> {
  const { rows } = await sql<{ id: number; valid_to: number; vulnerability: string }>`SELECT id, valid_to, vulnerability
    FROM decision WHERE known_to = ${forever} AND valid_to > ${now} AND valid_to <= ${now + 14 * dayMs} ORDER BY id`.execute(
    reader,
  );
  return rows.map(({ id, valid_to, vulnerability }) => {
    const step = steps.find((days) => valid_to - now <= days * dayMs) ?? 14;
    const until = formatInstant(valid_to);
    const message = `decision ${id} about ${vulnerability} holds until ${until.slice(0, 10)}`;
    return {
      what: 'decision-expiring',
      subject: String(id),
      level: String(step),
      detail: { message, vulnerability, until },
    };
  });
}
