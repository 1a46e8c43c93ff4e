import { formatEnd, formatInstant, type Instant } from '../../ledger/instant.ts';
import type { Digest } from '../../model/inventory.ts';
import type { Belief, GivenVerdict, PackRequest, RanDeployment, Seen, Unseen, Words } from '../answer.ts';
import { heldObservation, heldTexts } from '../shapes/documents.ts';
import type { Deployed, Held, inPeriod } from './beliefs.ts';
import type { Contents } from './contents.ts';
import { compareTexts, endAsOf, type Ground } from './ground.ts';

type InPeriod = ReturnType<typeof inPeriod>;

/** The words of one place of a text document. */
export async function wordsOf(ground: Ground, document: Digest, entry: number, place: number): Promise<Words> {
  const found = await ground.unlessRedacted(document, entry, heldTexts);
  const redacted = ground.redacted.get(document) ?? null;
  return { entry, document, words: found === null ? null : (found.texts[place] ?? {}), redacted };
}

function beliefOf(held: Held, asOf: Instant): Belief {
  return {
    from: formatInstant(held.validFrom),
    to: formatEnd(held.validTo),
    ending: held.ending,
    knownFrom: formatInstant(held.knownFrom),
    knownTo: endAsOf(held.knownTo, asOf),
    entry: held.entry,
    by: held.by,
  };
}

function verdictsOf(ground: Ground, artifact: Digest, asOf: Instant): GivenVerdict[] {
  return ground
    .of('verdict-given', asOf)
    .filter(({ fact }) => fact.artifact === artifact)
    .map(({ index, fact }) => {
      const { recorded: at, verdict, policy, snapshot, report, findings, exceptions, run, actor } = fact;
      return { entry: index, at, verdict, policy, snapshot, report, findings, exceptions, run, actor };
    });
}

async function textsOf(ground: Ground, { start, beliefs }: Deployed): Promise<Words[]> {
  const texts: Words[] = [];
  if (start.fact.text !== null) texts.push(await wordsOf(ground, start.fact.text, start.index, 0));
  const corrections = new Set(beliefs.filter((b) => b.by === 'deployment-corrected').map((b) => b.entry));
  for (const { index, entry } of ground.entries) {
    if (entry.kind === 'deployment-corrected' && corrections.has(index)) {
      texts.push(await wordsOf(ground, entry.text, index, 0));
    }
  }
  return texts;
}

function overlapsOf(number: number, all: InPeriod): number[] {
  const own = all.get(number);
  const last = own?.beliefs.at(-1);
  if (own === undefined || last === undefined) return [];
  return [...all]
    .filter(([other, { start, beliefs }]) => {
      const belief = beliefs.at(-1);
      if (other === number || belief === undefined || start.fact.environment !== own.start.fact.environment)
        return false;
      return Math.max(belief.validFrom, last.validFrom) < Math.min(belief.validTo, last.validTo);
    })
    .map(([other]) => other);
}

/** What ran, with all that was believed of it. */
export async function ranOf(
  ground: Ground,
  all: InPeriod,
  contents: ReadonlyMap<Digest, Contents>,
  asOf: Instant,
): Promise<RanDeployment[]> {
  const ran: RanDeployment[] = [];
  for (const [deployment, deployed] of all) {
    const { environment, artifact, image, change, run, actor, marks } = deployed.start.fact;
    ran.push({
      deployment,
      environment,
      artifact,
      name: contents.get(artifact)?.name ?? null,
      image,
      change,
      run,
      actor,
      marks,
      inPeriod: deployed.ran !== null,
      beliefs: deployed.beliefs.map((b) => beliefOf(b, asOf)),
      overlaps: overlapsOf(deployment, all),
      verdicts: verdictsOf(ground, artifact, asOf),
      texts: await textsOf(ground, deployed),
    });
  }
  return ran.sort((a, b) => compareTexts(a.environment, b.environment) || a.deployment - b.deployment);
}

/** Observations that cover a part of the period. */
export function observationsIn(ground: Ground, { from, to, asOf }: PackRequest, environments: ReadonlySet<string>) {
  return ground
    .of('observed', asOf)
    .filter(({ fact }) => environments.has(fact.environment))
    .filter(({ fact }) => Date.parse(fact.at) <= to && Date.parse(fact.covers) >= from)
    .sort((a, b) => compareTexts(a.fact.at, b.fact.at) || a.index - b.index);
}

/** Who looked, and when nobody did. */
export async function seenOf(
  ground: Ground,
  request: PackRequest,
  environments: ReadonlySet<string>,
): Promise<{ seen: Seen[]; unseen: Unseen[] }> {
  const seen: Seen[] = [];
  for (const { index, fact } of observationsIn(ground, request, environments)) {
    const { environment, at, covers, source, containers, observation } = fact;
    const { drift } = await ground.document(observation, index, heldObservation);
    const own = drift.filter((d) => d.service === request.service);
    seen.push({
      entry: index,
      environment,
      at,
      covers,
      source,
      containers,
      observation,
      drift: own.map(({ what, digest, containers: count, paths }) => ({ what, digest, containers: count, paths })),
    });
  }
  const unseen: Unseen[] = [];
  for (const environment of [...environments].sort()) {
    let since = request.from;
    const gap = (until: Instant) => {
      if (since < until) unseen.push({ environment, from: formatInstant(since), to: formatInstant(until) });
    };
    for (const { environment: looked, at, covers } of seen) {
      if (looked !== environment) continue;
      gap(Date.parse(at));
      since = Math.max(since, Date.parse(covers));
    }
    gap(Math.min(request.to, request.asOf));
  }
  return { seen, unseen };
}
