import { sql } from 'kysely';
import type { Condition } from '../../ledger/document-shapes.ts';
import type { Instant } from '../../ledger/instant.ts';
import type { Source } from '../../ledger/queries/changed-components.ts';
import { endOfLife, parseDistroQualifier } from '../../model/distro.ts';
import { parsePurl } from '../../model/purl.ts';

/** Releases of distributions that the ledger knows components of, and that get no security updates any more. */
export async function endedReleases({ reader }: Source, now: Instant): Promise<Condition[]> {
  // One component speaks for all that are looked up in the same ecosystem.
  const { rows } = await sql<{ ecosystem: string; purl: string }>`SELECT n.ecosystem, min(c.purl) AS purl
    FROM advisory_name n JOIN component c ON c.advisory_name = n.id WHERE c.purl LIKE '%distro=%'
    GROUP BY n.ecosystem ORDER BY n.ecosystem`.execute(reader);
  const today = new Date(now).toISOString().slice(0, 10);
  return rows.flatMap(({ ecosystem, purl }): Condition[] => {
    const parsed = parsePurl(purl);
    const release = parseDistroQualifier(parsed?.namespace ?? null, parsed?.qualifiers['distro'] ?? '');
    const end = release === null ? null : endOfLife(release.id, release.versionId);
    if (release === null || end === null || end >= today) return [];
    const name = `${release.id} ${release.versionId}`;
    const message = `${name} gets no security updates since ${end}`;
    return [{ what: 'end-of-life', subject: ecosystem, level: '', detail: { message, release: name, end } }];
  });
}
