import type { Digest } from '../../model/inventory.ts';
import type { Database } from '../database/database.ts';
import type { DeploymentMark, DeploymentStarted } from '../fact.ts';
import { forever, formatEnd, formatInstant, type Instant } from '../instant.ts';
import type { Appended, Author, Ledger, Moment } from '../ledger.ts';
import { checkName } from '../names.ts';
import { checkHappened } from './happened.ts';
import { marksOf, StandingPeriods } from './standing.ts';
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

/** What is told later than this is a late fact. */
const lateMs = 60 * 60_000;

/** Decides on deployments one after the other: what each replaces, when it ended, what is to be said of it. */
class Decisions {
  readonly #moment: Moment;
  readonly #standing: StandingPeriods;
  readonly #marks: ReadonlyMap<string, readonly DeploymentMark[]>;

  constructor(moment: Moment, standing: StandingPeriods, marks: ReadonlyMap<string, readonly DeploymentMark[]>) {
    this.#moment = moment;
    this.#standing = standing;
    this.#marks = marks;
  }

  /** `deployment`: the number that it will have. */
  decide(request: DeployRequest, deployment: number, text: Digest | null): DeploymentStarted {
    const { service, environment, artifact, image, change, run, alongside } = request;
    const { recorded } = this.#moment;
    const at = request.at ?? recorded;
    const periods = alongside ? [] : this.#standing.from(request, at);
    const replaced = periods.filter((p) => p.from <= at);
    // A late one takes the place of what was believed to run then, until that ended; in a gap it ran until the next began.
    const next = periods.find((p) => p.from > at)?.from ?? forever;
    // An end that lies ahead has not happened, and says nothing of what replaces it.
    const ends = replaced.map((p) => (p.to > recorded ? forever : p.to));
    const to = replaced.length === 0 ? next : Math.max(...ends);
    const replaces = replaced.map((p) => p.deployment);
    this.#standing.add(request, { deployment, from: at, to }, replaces);
    const glass: DeploymentMark[] = text === null ? [] : ['break-glass'];
    const late: DeploymentMark[] = recorded - at > lateMs ? ['late'] : [];
    return {
      kind: 'deployment-started',
      service,
      environment,
      artifact,
      image,
      from: formatInstant(at),
      until: formatEnd(to),
      replaces,
      change,
      run,
      marks: [...(this.#marks.get(artifact) ?? []), ...glass, ...late],
      text,
    };
  }
}

function checked(request: DeployRequest): DeployRequest {
  return {
    ...request,
    service: checkName(request.service, 'SERVICE'),
    environment: checkName(request.environment, '--env'),
    actor: checkName(request.actor, '--by'),
  };
}

async function putReason(ledger: Ledger, breakGlass: string): Promise<Digest> {
  return await putTexts(ledger.documents, [{ reason: checkText(breakGlass, '--break-glass') }]);
}

/** Words of a request that is refused for its times are not kept: throws before they are. */
async function checkBefore(ledger: Ledger, requests: readonly DeployRequest[]): Promise<void> {
  const now = Math.max(ledger.parts.clock().getTime(), (await ledger.state()).last_recorded);
  for (const { at } of requests) checkHappened(at ?? now, now, '--at');
}

/** What is to be recorded together, all or none. */
interface Batch {
  readonly requests: readonly DeployRequest[];
  /** Of each, the document with the reason for which the gate was bypassed. */
  readonly texts: readonly (Digest | null)[];
  /** What was decided, once it was. */
  facts: readonly DeploymentStarted[];
}

/** What a batch is refused with; null where it may stand. */
function refusal({ requests }: Batch, recorded: Instant): unknown {
  try {
    for (const { at } of requests) checkHappened(at ?? recorded, recorded, '--at');
    return null;
  } catch (thrown) {
    return thrown;
  }
}

/** Decides on the batches of all who wait, with as many statements as on one. */
function deployments(database: Database): Author<Batch> {
  return {
    decide: async (moment, batches) => {
      const { tx, recorded, index } = moment;
      const wanted = batches.flatMap((batch) => (refusal(batch, recorded) === null ? batch.requests : []));
      const since = wanted.reduce((least, { at }) => Math.min(least, at ?? recorded), recorded);
      const replacing = wanted.filter((request) => !request.alongside);
      const standing = await StandingPeriods.read(tx, database, replacing, since);
      const digests = wanted.map((request) => request.artifact);
      const decisions = new Decisions(moment, standing, await marksOf(tx, database, digests));
      let next = index;
      return batches.map((batch) => {
        const reason = refusal(batch, recorded);
        if (reason !== null) return { status: 'rejected', reason };
        const { requests, texts } = batch;
        const first = next;
        batch.facts = requests.map((request, at) => decisions.decide(request, first + at, texts[at] ?? null));
        next += requests.length;
        const value = batch.facts.map((fact, at) => ({ actor: requests[at]?.actor ?? '', fact }));
        return { status: 'fulfilled', value };
      });
    },
  };
}

const authors = new WeakMap<Database, Author<Batch>>();

/** The same for all who deploy to a ledger: their requests are decided together. */
function authorOf({ database }: Ledger): Author<Batch> {
  const author = authors.get(database) ?? deployments(database);
  authors.set(database, author);
  return author;
}

/**
 * Records that artifacts began to run, in the order given, each on what the one before it left. All or none.
 * Throws as `Ledger.append`, and `usage` for names, times and reasons that cannot be.
 */
export async function deployAll(ledger: Ledger, requests: readonly DeployRequest[]): Promise<Deployed[]> {
  const wanted = requests.map(checked);
  if (wanted.some(({ breakGlass }) => breakGlass !== null)) await checkBefore(ledger, wanted);
  const texts: (Digest | null)[] = [];
  for (const request of wanted)
    if (request.breakGlass === null) texts.push(null);
    else texts.push(await putReason(ledger, request.breakGlass));
  const batch: Batch = { requests: wanted, texts, facts: [] };
  const appended = await ledger.appendWith(authorOf(ledger), batch);
  return batch.facts.map((fact, at) => ({ appended, fact, deployment: appended.first + at }));
}

/** Records that an artifact began to run. Throws as `deployAll`. */
export async function deploy(ledger: Ledger, request: DeployRequest): Promise<Deployed> {
  const [deployed] = await deployAll(ledger, [request]);
  if (deployed === undefined) throw new TypeError('a deployment without its fact');
  return deployed;
}
