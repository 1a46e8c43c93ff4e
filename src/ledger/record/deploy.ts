import { sql } from 'kysely';
import { CodedError } from '../../model/errors.ts';
import type { Digest } from '../../model/inventory.ts';
import type { Reader } from '../database/database.ts';
import type { DeploymentMark, DeploymentStarted } from '../fact.ts';
import { forever, formatEnd, formatInstant, type Instant } from '../instant.ts';
import type { Appended, Ledger, Moment } from '../ledger.ts';
import { checkName } from '../names.ts';
import { checkText, putTexts } from './text.ts';

export interface DeployRequest {
  readonly service: string;
  readonly environment: string;
  readonly artifact: Digest;
  readonly image: string | null;
  /** Since when it runs; null: since now. */
  readonly at: Instant | null;
  readonly change: string | null;
  readonly run: string | null;
  /** Role or pseudonym. */
  readonly actor: string;
  readonly breakGlass: string | null;
  /** It runs beside what runs already, and replaces nothing. */
  readonly alongside: boolean;
}

export interface Deployed {
  readonly appended: Appended;
  readonly fact: DeploymentStarted;
  /** Number of the deployment. */
  readonly deployment: number;
}

/** How far ahead of the clock a time may lie: clocks differ. */
const aheadMs = 5 * 60_000;
/** What is told later than this is a late fact. */
const lateMs = 60 * 60_000;

interface Period {
  readonly deployment: number;
  readonly valid_from: number;
  readonly valid_to: number;
}

/** What is now believed to have run as a service in an environment at or after a moment. */
async function periodsFrom(tx: Reader, service: string, environment: string, at: Instant): Promise<Period[]> {
  const { rows } = await sql<Period>`SELECT p.deployment, p.valid_from, p.valid_to FROM period p
    WHERE p.service = (SELECT id FROM service WHERE name = ${service})
    AND p.environment = (SELECT id FROM environment WHERE name = ${environment})
    AND p.known_to = ${forever} AND p.valid_to > ${at} ORDER BY p.valid_from, p.deployment`.execute(tx);
  return rows;
}

/** What the ledger knows against an artifact's deployment: nothing recorded, no verdict, or not a pass. */
async function marksOf(tx: Reader, artifact: Digest): Promise<DeploymentMark[]> {
  const known = await tx
    .selectFrom('artifact')
    .select(['id', 'entry'])
    .where('digest', '=', artifact)
    .executeTakeFirst();
  if (known === undefined || known.entry === null) return ['unrecorded'];
  const verdict = await tx
    .selectFrom('verdict')
    .select('verdict')
    .where('artifact', '=', known.id)
    .orderBy('id', 'desc')
    .executeTakeFirst();
  if (verdict === undefined) return ['no-verdict'];
  if (verdict.verdict === 'fail') return ['refused'];
  return verdict.verdict === 'cannot-say' ? ['cannot-say'] : [];
}

/** The fact of a deployment, decided on what is known at this moment: what it replaces, when it ended, what is to be said of it. */
export async function deploymentFact(
  { tx, recorded }: Moment,
  request: DeployRequest,
  text: Digest | null,
): Promise<DeploymentStarted> {
  const { service, environment, artifact, image, change, run, alongside } = request;
  const at = request.at ?? recorded;
  if (at > recorded + aheadMs) {
    throw new CodedError('usage', `--at ${formatInstant(at)} lies in the future`, {
      remedy: 'record a deployment when it happens',
    });
  }
  const periods = alongside ? [] : await periodsFrom(tx, service, environment, at);
  const next = periods.find((p) => p.valid_from > at);
  const marks = await marksOf(tx, artifact);
  const late: DeploymentMark[] = recorded - at > lateMs ? ['late'] : [];
  const glass: DeploymentMark[] = text === null ? [] : ['break-glass'];
  return {
    kind: 'deployment-started',
    service,
    environment,
    artifact,
    image,
    from: formatInstant(at),
    until: next === undefined ? null : formatEnd(next.valid_from),
    replaces: periods.filter((p) => p.valid_from <= at).map((p) => p.deployment),
    change,
    run,
    marks: [...marks, ...glass, ...late],
    text,
  };
}

/** Records that artifacts began to run. All or none; each sees the one before it. */
export async function deploy(ledger: Ledger, request: DeployRequest): Promise<Deployed> {
  const checked: DeployRequest = {
    ...request,
    service: checkName(request.service, 'SERVICE'),
    environment: checkName(request.environment, '--env'),
    actor: checkName(request.actor, '--by'),
  };
  const reason = request.breakGlass === null ? null : checkText(request.breakGlass, '--break-glass');
  const text = reason === null ? null : await putTexts(ledger.documents, [{ reason }]);
  let fact: DeploymentStarted | null = null;
  const appended = await ledger.append(checked.actor, async (moment) => {
    fact = await deploymentFact(moment, checked, text);
    return [fact];
  });
  if (fact === null) throw new TypeError('a deployment without its fact');
  return { appended, fact, deployment: appended.first };
}
