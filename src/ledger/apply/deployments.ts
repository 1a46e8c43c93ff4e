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

/** Believes from now on that deployments ran at other times. What was believed before stays. */
async function believe(
  { periods }: ApplyContext,
  { index, recorded }: At,
  deployments: readonly number[],
  now: (before: PeriodRow) => Pick<PeriodRow, 'valid_from' | 'valid_to' | 'ending'>,
): Promise<void> {
  for (const deployment of new Set(deployments)) {
    const before = await periods.current(deployment);
    if (before === null) continue;
    periods.replace({ ...before, ...now(before), known_from: recorded, known_to: forever, entry: index });
  }
}

export async function applyStart(context: ApplyContext, at: At, fact: DeploymentStarted): Promise<void> {
  const service = await named(context, 'service', fact.service);
  const environment = await named(context, 'environment', fact.environment);
  const artifact = await artifactNumber(context, fact.artifact);
  const validFrom = Date.parse(fact.from);
  await believe(context, at, fact.replaces, ({ valid_from }) => ({
    valid_from,
    valid_to: validFrom,
    ending: knownEnd,
  }));
  const { index, recorded } = at;
  const place = { service, environment, artifact };
  context.rows.add('deployment', { id: index, ...place, marks: fact.marks.join(' ') });
  context.periods.add({
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
  const valid_to = Date.parse(fact.at);
  await believe(context, at, fact.deployments, ({ valid_from }) => ({ valid_from, valid_to, ending }));
}

export async function applyCorrection(context: ApplyContext, at: At, fact: DeploymentCorrected): Promise<void> {
  const { from, until } = fact;
  await believe(context, at, [fact.deployment], () => ({
    valid_from: Date.parse(from),
    valid_to: until === null ? forever : Date.parse(until),
    ending: until === null ? openEnd : knownEnd,
  }));
}
