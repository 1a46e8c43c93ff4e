import { sql } from 'kysely';
import { isDigest } from '../../ledger/documents.ts';
import type { Observed } from '../../ledger/fact.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { readObservation } from '../../ledger/read-documents.ts';
import { changeDraft, type Draft, type Origin } from './draft.ts';
import { placeWords } from './words.ts';

const words = {
  unrecorded: 'runs, and no deployment of it is recorded',
  'other-digest': 'runs with another digest than the one that is recorded',
  'changed-by-hand': 'has files that were changed by hand',
  gone: 'is recorded as running, and was not seen',
} as const;

/** Somebody looked; and what differs from what was recorded, where the last look at this environment did not show it already. */
export async function* observationEvents(ledger: Ledger, fact: Observed, { index }: Origin): AsyncGenerator<Draft> {
  const { environment, source, containers, drift: differences } = fact;
  const { drift } = readObservation(await ledger.documents.get(fact.observation), fact.observation);
  const before = await driftBefore(ledger, environment, index);
  for (const { service, what, digest, containers: seen, paths } of drift) {
    if (before.has(`${service}\0${what}\0${digest ?? ''}`)) continue;
    const unrecorded = what === 'unrecorded' || what === 'other-digest';
    yield changeDraft({
      change: unrecorded ? 'unrecorded-deployment' : 'drift',
      subject: digest ?? what,
      message: `${placeWords(service, environment)} ${words[what]}${seen > 1 ? ` (${seen} containers)` : ''}`,
      service,
      environment,
      artifact: digest !== null && isDigest(digest) ? digest : null,
      artifacts: digest === null ? 0 : 1,
      containers: seen,
      since: fact.at,
      detail: { what, paths: paths.slice(0, 10).join('\n') },
    });
  }
  const message = `${containers} containers were seen in ${environment}, ${differences} differences from what was recorded`;
  yield { type: 'observation', message, service: null, environment, source, containers, drift: differences };
}

async function driftBefore(ledger: Ledger, environment: string, index: number): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ service: string; what: string; digest: string | null }>`SELECT service, what, digest
    FROM drift WHERE observation = (SELECT max(o.id) FROM observation o JOIN environment e ON e.id = o.environment
      WHERE e.name = ${environment} AND o.id < ${index})`.execute(ledger.reader);
  return new Set(rows.map((r) => `${r.service}\0${r.what}\0${r.digest ?? ''}`));
}
