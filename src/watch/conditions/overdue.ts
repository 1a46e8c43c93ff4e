import { sql } from 'kysely';
import type { Condition } from '../../ledger/document-shapes.ts';
import { forever, formatInstant, type Instant } from '../../ledger/instant.ts';
import type { Source } from '../../ledger/queries/changed-components.ts';

/**
 * What nobody looked at for too long: all that runs, against the advisories; an environment that used to be observed, for what runs in it.
 */
export async function overdue({ reader }: Source, afterMs: number, now: Instant): Promise<Condition[]> {
  const running = await sql`SELECT 1 FROM period WHERE known_to = ${forever} AND valid_from <= ${now}
    AND valid_to > ${now} LIMIT 1`.execute(reader);
  if (running.rows.length === 0) return [];
  const found: Condition[] = [];
  const { rows } = await sql<{ at: number | null }>`SELECT max(known_from) AS at FROM rescan
    WHERE artifact IS NULL`.execute(reader);
  const last = rows[0]?.at ?? null;
  if (last === null || now - last > afterMs) {
    const since = last === null ? null : formatInstant(last);
    const message = `what runs was ${since === null ? 'never' : `last, on ${since},`} held against the advisories`;
    found.push({ what: 'scan-overdue', subject: '*', level: '', detail: { message, since } });
  }
  const looks = await sql<{ name: string; covers: number }>`SELECT e.name, max(o.covers_to) AS covers
    FROM observation o JOIN environment e ON e.id = o.environment GROUP BY e.name ORDER BY e.name`.execute(reader);
  for (const { name, covers } of looks.rows) {
    if (now - covers <= afterMs) continue;
    const since = formatInstant(covers);
    const message = `nobody looked at what runs in ${name} since ${since}`;
    found.push({ what: 'scan-overdue', subject: `environment ${name}`, level: '', detail: { message, since } });
  }
  return found;
}
