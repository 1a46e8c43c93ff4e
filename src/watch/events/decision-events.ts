import { sql } from 'kysely';
import { mostDecisions } from '../../ledger/apply/decisions.ts';
import { among } from '../../ledger/apply/interned.ts';
import type { DecisionRow } from '../../ledger/database/tables.ts';
import type { DecisionRecord } from '../../ledger/document-shapes.ts';
import type { DecisionsExpired, DecisionsMade } from '../../ledger/fact.ts';
import { formatInstant } from '../../ledger/instant.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { readDecisions } from '../../ledger/read-documents.ts';
import { changeDraft, type Draft, type Origin } from './draft.ts';
import { touchedBy } from './running.ts';
import { runningWith } from './touching.ts';
import { placeWords } from './words.ts';

export async function* decisionEvents(ledger: Ledger, fact: DecisionsMade, { index }: Origin): AsyncGenerator<Draft> {
  const { decisions } = readDecisions(await ledger.documents.get(fact.decisions), fact.decisions);
  for (const [place, record] of decisions.entries()) yield draftOf(record, index * mostDecisions + place);
}

function draftOf(record: DecisionRecord, decision: number): Draft {
  const { vulnerability, service, environment, component, artifact, status, justification } = record;
  const { owner, approvedBy, from, until } = record;
  const message = `${vulnerability} is decided to be ${status.replaceAll('_', ' ')}${until === null ? '' : ` until ${until.slice(0, 10)}`}`;
  const told = { decision, vulnerability, component, artifact, status, justification, owner, approvedBy, from, until };
  return { type: 'decision', message, service, environment, ...told };
}

type Held = Pick<
  DecisionRow,
  'id' | 'vulnerability' | 'service' | 'environment' | 'component' | 'status' | 'owner' | 'valid_to'
>;

/** Decisions by number, in the order of the list. What a decision says never changes. */
async function decisionsOf(ledger: Ledger, ids: readonly number[]): Promise<Held[]> {
  const { rows } =
    await sql<Held>`SELECT id, vulnerability, service, environment, component, status, owner, valid_to FROM decision
    WHERE ${among(ledger.database, 'id', ids)} ORDER BY id`.execute(ledger.reader);
  return rows;
}

export async function* expiredDecisionEvents(
  ledger: Ledger,
  fact: DecisionsExpired,
  at: Origin,
): AsyncGenerator<Draft> {
  yield* endingDecisions(ledger, fact.decisions, at, { change: 'decision-expired', state: 'began', daysLeft: 0 });
}

/** What becomes of decisions whose time runs out, for each service that their vulnerability touches; at least once each. */
export async function* endingDecisions(
  ledger: Ledger,
  ids: readonly number[],
  at: Origin,
  {
    change,
    state,
    daysLeft,
  }: {
    readonly change: 'decision-expired' | 'decision-expiring';
    readonly state: 'began' | 'ended';
    readonly daysLeft: number;
  },
): AsyncGenerator<Draft> {
  for (const decision of await decisionsOf(ledger, ids)) {
    const { id, vulnerability, service, environment, component, status, owner, valid_to } = decision;
    const runs = (await runningWith(ledger, [vulnerability], at))
      .filter((t) => component === null || t.component.startsWith(component))
      .flatMap((t) => t.runs)
      .filter(
        (r) => (service === null || r.service === service) && (environment === null || r.environment === environment),
      );
    const unique = [...new Map(runs.map((r) => [r.deployment, r])).values()];
    const touched = unique.length > 0 ? touchedBy(unique) : [{ service, environment }];
    const until = formatInstant(valid_to);
    const detail = { decision: id, status, owner, until, daysLeft };
    for (const where of touched) {
      const place = placeWords(where.service, where.environment);
      const words =
        change === 'decision-expired'
          ? 'ran out'
          : state === 'ended'
            ? 'does not run out soon any more'
            : `runs out in ${daysLeft} ${daysLeft === 1 ? 'day' : 'days'}`;
      const message = `the decision that ${vulnerability} is ${status.replaceAll('_', ' ')} ${words}, for ${place}`;
      yield changeDraft({
        change,
        state,
        subject: String(id),
        message,
        component,
        ...where,
        detail,
        vulnerability: named(vulnerability),
      });
    }
  }
}

function named(id: string) {
  return { id, aliases: [], published: null, summary: '', ratedBy: null, vector: null, exploitation: [], epss: null };
}
