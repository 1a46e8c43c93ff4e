import { sql } from 'kysely';
import { severityLevels } from '../../model/advisory.ts';
import type { AlertRow } from '../database/tables.ts';
import type { Instant } from '../instant.ts';
import type { Ledger } from '../ledger.ts';
import { readEntries } from '../read-entries.ts';
import type { AlertMark } from './answers.ts';

interface Asked {
  readonly service: string;
  readonly environment: string | null;
  readonly asOf: Instant;
  readonly from?: Instant | null;
  readonly to?: Instant | null;
}

/** The alerts about a service that were raised in a time, and what was known at a moment of what became of them; oldest first. */
export async function alertMarks(
  ledger: Ledger,
  { service, environment, asOf, from = null, to = null }: Asked,
): Promise<AlertMark[]> {
  const here = environment === null ? sql`` : sql`AND environment = ${environment.normalize('NFC')}`;
  const since = from === null ? sql`` : sql`AND known_from >= ${from}`;
  const until = Math.min(asOf, to ?? asOf);
  const { rows } = await sql<AlertRow>`SELECT * FROM alert WHERE service = ${service} ${here} ${since}
    AND known_from <= ${until} ORDER BY id`.execute(ledger.reader);
  const escalated = rows.flatMap((row) => row.escalated ?? []);
  const entries = await readEntries(ledger, escalated);
  return rows.map((row) => {
    const { id: alert, rule, exploited, total, known_from: raised, resolved, resolved_at } = row;
    const { acknowledged, acknowledged_at, acknowledged_by } = row;
    const told = entries.get(row.escalated ?? -1);
    const knew = acknowledged !== null && acknowledged_at !== null && acknowledged_at <= asOf;
    const over = resolved !== null && resolved_at !== null && resolved_at <= asOf;
    return {
      ...{ alert, rule, environment: row.environment, severity: severityLevels[row.severity] ?? 'unknown' },
      ...{ exploited: exploited === 1, total, raised },
      escalated: told !== undefined && Date.parse(told.recorded) <= asOf ? row.escalated : null,
      acknowledged: knew ? { entry: acknowledged, at: acknowledged_at, by: acknowledged_by ?? '' } : null,
      resolved: over ? { entry: resolved, at: resolved_at } : null,
    };
  });
}
