import { sql } from 'kysely';
import { among, parts } from '../../ledger/apply/interned.ts';
import type { Reader } from '../../ledger/database/database.ts';
import type { FactKind } from '../../ledger/fact.ts';
import { forever, type Instant } from '../../ledger/instant.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { inForceAt } from '../../ledger/queries/decision-refs.ts';
import { readAlert } from '../../ledger/read-documents.ts';
import type { Digest } from '../../model/inventory.ts';
import { Handled } from './handled.ts';
import { StillOpen } from './still-open.ts';

const name = 'rules:resolved';

/** After what kinds of entries an alert may be over; deployments that began besides. */
const ending: readonly FactKind[] = [
  'rescanned',
  'deployment-stopped',
  'deployment-corrected',
  'observed',
  'decisions-made',
  'conditions-changed',
  'alerts-raised',
];

const mostAtOnce = 200;
const lookAtOnce = 500;

interface Candidate {
  readonly id: number;
  readonly document: Digest;
  readonly known_from: Instant;
}

/** Resolves the alerts of which nothing is there any more, where something was recorded since the last look that may end one. */
export async function resolve(ledger: Ledger, now: Instant, actor: string): Promise<number> {
  const { reader, database } = ledger;
  const before = await reader.selectFrom('cursor').select('entry').where('name', '=', name).executeTakeFirst();
  const { size } = await ledger.state();
  const { rows } = await sql`SELECT 1 FROM outbox WHERE entry >= ${before?.entry ?? 0} AND entry < ${size}
    AND (kind IS NULL OR ${among(database, 'kind', ending)}) LIMIT 1`.execute(reader);
  if (rows.length === 0) return 0;
  let [count, after] = [0, -1];
  for (;;) {
    const found = await overPerhaps(reader, after, now);
    for (const part of parts(found, mostAtOnce)) count += await resolveOf(ledger, part, now, actor);
    if (found.length < lookAtOnce) break;
    after = found.at(-1)?.id ?? after;
  }
  const still = { failing_since: null, attempts: 0, next_at: 0, error: null, delivered: 0 };
  await ledger.append(actor, async ({ tx }) => {
    await tx
      .insertInto('cursor')
      .values({ name, entry: size, place: 0, ...still, moved: now })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ entry: size, moved: now }))
      .execute();
    return [];
  });
  return count;
}

/**
 * Open alerts that may be over: what they list as matches or conditions is gone, or a decision may have settled it. Quick to say
 * of those that are not, which are most: the first that is there is enough.
 */
async function overPerhaps(reader: Reader, after: number, now: Instant): Promise<Candidate[]> {
  const matchThere = sql<boolean>`EXISTS (SELECT 1 FROM service sv CROSS JOIN period p CROSS JOIN environment e
      CROSS JOIN alert_subject s CROSS JOIN component c CROSS JOIN artifact_component ac
      CROSS JOIN vulnerability_name n CROSS JOIN component_match m
    WHERE sv.name = a.service AND p.service = sv.id AND p.known_to = ${forever} AND p.valid_from <= ${now}
      AND p.valid_to > ${now} AND e.id = p.environment AND e.name = a.environment
      AND s.alert = a.id AND c.purl = s.component AND ac.artifact = p.artifact AND ac.component = c.id
      AND ac.known_to = ${forever} AND n.name = s.vulnerability AND m.component = c.id
      AND m.vulnerability = n.vulnerability AND m.known_to = ${forever})`;
  // Whether these touch the alert's place is a longer question.
  const ofPlaces = sql<boolean>`(o.what = 'epss' OR o.what = 'end-of-life')`;
  const conditionThere = sql<boolean>`EXISTS (SELECT 1 FROM alert_subject s CROSS JOIN condition o
    WHERE s.alert = a.id AND o.known_to = ${forever} AND s.condition = o.what || ' ' || o.subject AND NOT ${ofPlaces})`;
  const decided = sql<boolean>`EXISTS (SELECT 1 FROM alert_subject s JOIN vulnerability_name n ON n.name = s.vulnerability
      JOIN vulnerability_name other ON other.vulnerability = n.vulnerability
      JOIN decision_name dn ON dn.name = other.name JOIN decision d ON d.id = dn.decision
    WHERE s.alert = a.id AND d.status IN ('not_affected', 'fixed') AND ${inForceAt(now, now)})`;
  const { rows } = await sql<Candidate>`SELECT a.id, a.document, a.known_from FROM alert a
    WHERE a.resolved IS NULL AND a.id > ${after} AND (${decided} OR NOT (${matchThere} OR ${conditionThere}))
    ORDER BY a.id LIMIT ${lookAtOnce}`.execute(reader);
  return rows;
}

async function resolveOf(
  ledger: Ledger,
  candidates: readonly Candidate[],
  now: Instant,
  actor: string,
): Promise<number> {
  const { documents, database } = ledger;
  const over = async (reader: Reader, some: readonly Candidate[]): Promise<Candidate[]> => {
    const still = new StillOpen({ reader, database }, await Handled.since(reader, now), now);
    const gone: Candidate[] = [];
    for (const one of some) {
      const alert = readAlert(await documents.get(one.document), one.document);
      if (!(await still.isOpen(alert, one.known_from))) gone.push(one);
    }
    return gone;
  };
  const gone = await over(ledger.reader, candidates);
  if (gone.length === 0) return 0;
  let count = 0;
  await ledger.append(actor, async ({ tx }) => {
    const { rows } = await sql<{ id: number }>`SELECT id FROM alert WHERE resolved IS NULL
      AND ${among(
        database,
        'id',
        gone.map((c) => c.id),
      )}`.execute(tx);
    const unresolved = new Set(rows.map((r) => r.id));
    // Looked at again while nobody writes: something may have come back meanwhile.
    const alerts = (
      await over(
        tx,
        gone.filter((c) => unresolved.has(c.id)),
      )
    ).map((c) => c.id);
    count = alerts.length;
    return alerts.length === 0 ? [] : [{ kind: 'alerts-resolved', alerts }];
  });
  return count;
}
