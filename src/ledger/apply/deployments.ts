import type { PeriodRow } from '../database/tables.ts';
import type { DeploymentCorrected, DeploymentStarted, DeploymentStopped } from '../fact.ts';
import { forever } from '../instant.ts';
import { artifactNumber } from './artifacts.ts';
import type { ApplyContext, At } from './context.ts';

const openEnd = 0;
const knownEnd = 1;
const unknownEnd = 2;

async function named(context: ApplyContext, table: 'service' | 'environment', name: string): Promise<number> {
  const known = await context.numbers.get(table, name);
  if (known !== null) return known;
  const id = await context.numbers.give(table, name);
  context.rows.add(table, { id, name });
  return id;
}

/** What is now believed of a deployment's time. */
async function currentPeriod({ tx, rows }: ApplyContext, deployment: number): Promise<PeriodRow | undefined> {
  await rows.flush();
  return await tx
    .selectFrom('deployment as d')
    .innerJoin('period as p', (join) =>
      join
        .onRef('p.service', '=', 'd.service')
        .onRef('p.environment', '=', 'd.environment')
        .onRef('p.deployment', '=', 'd.id'),
    )
    .selectAll('p')
    .where('d.id', '=', deployment)
    .where('p.known_to', '=', forever)
    .executeTakeFirst();
}

/** Believes from now on that a deployment ran at another time. What was believed before stays. */
async function believe(
  context: ApplyContext,
  { index, recorded }: At,
  before: PeriodRow,
  now: Pick<PeriodRow, 'valid_from' | 'valid_to' | 'ending'>,
): Promise<void> {
  await context.tx
    .updateTable('period')
    .set({ known_to: recorded })
    .where('service', '=', before.service)
    .where('environment', '=', before.environment)
    .where('deployment', '=', before.deployment)
    .where('known_to', '=', forever)
    .execute();
  context.rows.add('period', { ...before, ...now, known_from: recorded, known_to: forever, entry: index });
}

export async function applyStart(context: ApplyContext, at: At, fact: DeploymentStarted): Promise<void> {
  const service = await named(context, 'service', fact.service);
  const environment = await named(context, 'environment', fact.environment);
  const artifact = await artifactNumber(context, fact.artifact);
  const validFrom = Date.parse(fact.from);
  for (const replaced of fact.replaces) {
    const before = await currentPeriod(context, replaced);
    if (before !== undefined) {
      await believe(context, at, before, { valid_from: before.valid_from, valid_to: validFrom, ending: knownEnd });
    }
  }
  const { index, recorded } = at;
  const place = { service, environment, artifact };
  context.rows.add('deployment', { id: index, ...place, marks: fact.marks.join(' ') });
  context.rows.add('period', {
    deployment: index,
    ...place,
    valid_from: validFrom,
    valid_to: fact.until === null ? forever : Date.parse(fact.until),
    ending: fact.until === null ? openEnd : knownEnd,
    known_from: recorded,
    known_to: forever,
    entry: index,
  });
}

export async function applyStop(context: ApplyContext, at: At, fact: DeploymentStopped): Promise<void> {
  const ending = fact.ending === 'known' ? knownEnd : unknownEnd;
  for (const deployment of fact.deployments) {
    const before = await currentPeriod(context, deployment);
    if (before === undefined) continue;
    await believe(context, at, before, { valid_from: before.valid_from, valid_to: Date.parse(fact.at), ending });
  }
}

export async function applyCorrection(context: ApplyContext, at: At, fact: DeploymentCorrected): Promise<void> {
  const before = await currentPeriod(context, fact.deployment);
  if (before === undefined) return;
  const open = fact.until === null;
  await believe(context, at, before, {
    valid_from: Date.parse(fact.from),
    valid_to: open ? forever : Date.parse(fact.until ?? ''),
    ending: open ? openEnd : knownEnd,
  });
}
