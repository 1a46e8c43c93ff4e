import { formatInstant } from '../../ledger/instant.ts';
import type { Digest } from '../../model/inventory.ts';
import type { LogState, Made, MadeDecision, PackAnswer, PackRequest } from '../answer.ts';
import { beliefsOf, inPeriod } from './beliefs.ts';
import { contentsOf } from './contents.ts';
import { notCoveredOf, snapshotsOf } from './coverage.ts';
import { Decided, type Decision, decisionsOf } from './decisions.ts';
import { endAsOf, type Ground } from './ground.ts';
import { exposed } from './known.ts';
import { matchesOf } from './matches.ts';
import { ranOf, seenOf, wordsOf } from './ran.ts';
import { alertsOf, conditionsOf } from './told.ts';

/**
 * Works out what a pack answers from entries and their documents alone. Who builds a pack and who verifies one do the same;
 * neither reads the ledger's tables. Throws `document-missing` and `document-invalid` naming the entry and the document.
 */
export async function derive(ground: Ground, request: PackRequest, made: Made, log: LogState): Promise<PackAnswer> {
  const { service, environment, from, to, asOf, maxFeedAgeMs } = request;
  const all = inPeriod(beliefsOf(ground, request), request);
  const artifacts = new Set([...all.values()].map(({ start }) => start.fact.artifact));
  const environments = new Set([...all.values()].map(({ start }) => start.fact.environment));
  if (environment !== null) environments.add(environment);
  const contents = await contentsOf(ground, artifacts, asOf);
  const components = new Set([...contents.values()].flatMap((c) => [...c.ever]));
  const matches = await matchesOf(ground, components, asOf);
  const decisions = await decisionsOf(ground, matches, asOf);
  const running = [...all].flatMap(([deployment, { ran, start, beliefs }]) => {
    const content = contents.get(start.fact.artifact);
    if (ran === null || content === undefined) return [];
    const { environment: where, artifact } = start.fact;
    const validTo = beliefs.at(-1)?.validTo ?? ran.to;
    return [{ deployment, environment: where, artifact, ran, validTo, components: content.components }];
  });
  const known = exposed(request, running, matches, new Decided(decisions));
  const deployments = await ranOf(ground, all, contents, asOf);
  const { seen, unseen } = await seenOf(ground, request, environments);
  const used = new Set<Digest>([
    ...matches.passes.map((p) => p.snapshot),
    ...deployments.flatMap((d) => d.verdicts.flatMap((v) => (v.snapshot === null ? [] : [v.snapshot]))),
  ]);
  const snapshots = await snapshotsOf(ground, used, asOf);
  const decided: MadeDecision[] = [];
  for (const [decision, inForceFor] of [...known.decisions].sort(([a], [b]) => a.id - b.id)) {
    decided.push(await decisionOf(ground, decision, asOf, inForceFor));
  }
  const names = new Set(matches.names.keys());
  for (const list of matches.names.values()) for (const name of list.keys()) names.add(name);
  const subjects = { decisions: new Set(decisions.map((d) => d.id)), names };
  return {
    schema: 'kvitto-pack-1',
    request: {
      service,
      environment,
      from: formatInstant(from),
      to: formatInstant(to),
      asOf: formatInstant(asOf),
      maxFeedAgeMs,
    },
    made,
    log,
    ran: { deployments, observations: seen, unseen },
    known: { vulnerabilities: known.vulnerabilities, snapshots },
    decided,
    told: { alerts: await alertsOf(ground, request), conditions: await conditionsOf(ground, request, subjects) },
    verified: verifiedOf(ground),
    notCovered: notCoveredOf(ground, request, { deployments, contents, matches, snapshots, unseen }),
  };
}

async function decisionOf(ground: Ground, decision: Decision, asOf: number, inForceFor: number): Promise<MadeDecision> {
  const { id, entry, place, record, fact, knownTo } = decision;
  const { vulnerability, service, environment, component, artifact } = record;
  return {
    decision: id,
    entry,
    place,
    vulnerability,
    service,
    environment,
    component,
    artifact,
    status: record.status,
    justification: record.justification,
    owner: record.owner,
    approvedBy: record.approvedBy,
    from: record.from,
    until: record.until,
    knownFrom: fact.recorded,
    knownTo: endAsOf(knownTo, asOf),
    supersededBy: decision.supersededBy,
    expired: decision.expired,
    actor: fact.actor,
    source: fact.source,
    evidence: record.evidence,
    words: fact.texts === null ? null : await wordsOf(ground, fact.texts, entry, place),
    inForceFor,
  };
}

function verifiedOf(ground: Ground): PackAnswer['verified'] {
  const stamps = ground.entries.flatMap(({ index, entry }) => {
    if (entry.kind !== 'checkpoint-stamped') return [];
    const { recorded: at, size, by, evidence } = entry;
    return [{ entry: index, at, size, by, evidence }];
  });
  return { stamps, rotations: ground.entries.flatMap((e) => (e.entry.kind === 'key-rotated' ? [e.index] : [])) };
}
