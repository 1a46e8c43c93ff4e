import type { Instant } from '../../instant.ts';
import type { DeploymentRef, Exposure, Ran, Where } from '../answers.ts';
import { type PlainBelief, type PlainFact, PlainLedger } from './plain-ledger.ts';

/** A fact, and when it was told. */
export interface Told {
  readonly fact: PlainFact;
  readonly now: Instant;
}

/** What was known at a moment. */
export function plainAt(told: readonly Told[], asOf: Instant): PlainLedger {
  const ledger = new PlainLedger();
  for (const { fact, now } of told) if (now <= asOf) ledger.tell(fact, now);
  return ledger;
}

const open = (at: Instant) => (at >= 8_640_000_000_000_000 ? Number.POSITIVE_INFINITY : at);

function plainDeployment(ledger: PlainLedger, b: PlainBelief) {
  const [environment, service] = b.place.split(' ');
  const verdict = ledger.verdicts.findLast((v) => v.artifact === b.artifact && v.known <= b.from)?.entry ?? null;
  const recorded = ledger.contents.has(b.artifact);
  const { deployment, artifact, from, to, ending, known, entry } = b;
  return { deployment, environment, service, artifact, recorded, from, to, ending, known, entry, verdict };
}

function shortDeployment(d: DeploymentRef): ReturnType<typeof plainDeployment> {
  return {
    deployment: d.deployment,
    environment: d.environment,
    service: d.service,
    artifact: d.artifact.digest,
    recorded: d.artifact.recorded,
    from: d.validFrom,
    to: open(d.validTo),
    ending: d.ending,
    known: d.knownFrom,
    entry: d.entry,
    verdict: d.verdict?.entry ?? null,
  };
}

const byText = <T>(list: readonly T[]): T[] => {
  const keyed = list.map((one) => [JSON.stringify(one), one] as const);
  return keyed.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
};

export function plainRan(ledger: PlainLedger, at: Instant) {
  const running = ledger.beliefs.filter((b) => b.from <= at && at < b.to);
  running.sort((a, b) => (a.place === b.place ? a.deployment - b.deployment : a.place < b.place ? -1 : 1));
  return running.map((b) => plainDeployment(ledger, b));
}

export function shortRan({ deployments }: Ran) {
  return deployments.map(shortDeployment);
}

/** The instants of a period at which anything may change: enough to look at. */
function momentsOf(ledger: PlainLedger, from: Instant, to: Instant): Instant[] {
  const times = [
    ...ledger.beliefs.flatMap((b) => [b.from, b.to]),
    ...ledger.matches.flatMap((m) => [m.first, m.known, m.to]),
    ...[...ledger.contents.values()].flatMap((c) => [...c.known.values()]),
  ];
  return [...new Set([from, to, ...times])].filter((t) => t >= from && t <= to);
}

export function plainExposure(ledger: PlainLedger, service: string, from: Instant, to: Instant) {
  const moments = momentsOf(ledger, from, to);
  const ran = ledger.beliefs.filter(
    (b) => b.place.endsWith(` ${service}`) && moments.some((t) => b.from <= t && t < b.to),
  );
  const groups = new Map<string, { row: ReturnType<typeof plainRow>; deployments: Set<number>; known: boolean }>();
  for (const m of ledger.matches) {
    if (m.known === m.to) continue;
    for (const b of ran) {
      const contained = ledger.contents.get(b.artifact)?.known.get(m.component);
      if (contained === undefined) continue;
      const whileRunning = moments.filter((t) => b.from <= t && t < b.to);
      const openWhile = whileRunning.some((t) => m.known <= t && t < m.to);
      if (m.to !== Number.POSITIVE_INFINITY && !openWhile) continue;
      const known = whileRunning.some((t) => m.first <= t && contained <= t && t < m.to);
      const decision = ledger.decisionFor(to, m.id, m.component, b.artifact, b.place);
      const key = JSON.stringify([m.component, m.id, decision]);
      const group = groups.get(key) ?? { row: plainRow(m, decision), deployments: new Set(), known: false };
      if (m.known >= group.row.known) group.row = plainRow(m, decision);
      group.deployments.add(b.deployment);
      group.known ||= known;
      groups.set(key, group);
    }
  }
  const rows = [...groups.values()].map(({ row, deployments, known }) => {
    return { ...row, deployments: [...deployments].sort((a, b) => a - b), whileRunning: known };
  });
  return { deployments: byText(ran.map((b) => plainDeployment(ledger, b))), rows: byText(rows) };
}

function plainRow(m: PlainLedger['matches'][number], decision: number | null) {
  const { component, id, score, first, known, to } = m;
  return { component, id, score, first, known, to, decision };
}

export function shortExposure({ deployments, rows }: Exposure) {
  const short = rows.map((r) => ({
    component: r.component,
    id: r.vulnerability,
    score: r.score,
    first: r.firstKnown,
    known: r.knownFrom,
    to: open(r.knownTo),
    decision: r.decision?.id ?? null,
    deployments: r.deployments,
    whileRunning: r.knownWhileRunning,
  }));
  return { deployments: byText(deployments.map(shortDeployment)), rows: byText(short) };
}

export function plainWhere(ledger: PlainLedger, name: string, asOf: Instant) {
  const about = [...ledger.names].filter(([, names]) => names.has(name));
  const last = new Map<string, PlainLedger['matches'][number]>();
  for (const m of ledger.matches) {
    if (about.some(([id]) => id === m.id) && m.known !== m.to) last.set(m.component, m);
  }
  const rows = [];
  for (const m of last.values()) {
    for (const [artifact, { purls }] of ledger.contents) {
      if (!purls.includes(m.component)) continue;
      const ran = ledger.beliefs.filter((b) => b.artifact === artifact);
      const of = { component: m.component, artifact, first: m.first, to: m.to };
      const decide = (place: string | null) => ledger.decisionFor(asOf, m.id, m.component, artifact, place);
      if (ran.length === 0) rows.push({ ...of, deployment: null, running: false, decision: decide(null) });
      for (const b of ran) {
        const running = b.from <= asOf && asOf < b.to;
        rows.push({ ...of, deployment: plainDeployment(ledger, b), running, decision: decide(b.place) });
      }
    }
  }
  const names = [...new Set(about.flatMap(([, all]) => [...all]))].sort();
  return { names, total: rows.length, running: rows.filter((r) => r.running).length, rows: byText(rows) };
}

export function shortWhere({ names, total, running, rows }: Where) {
  const short = rows.map((r) => ({
    component: r.component,
    artifact: r.artifact.digest,
    first: r.firstKnown,
    to: open(r.knownTo),
    deployment: r.deployment === null ? null : shortDeployment(r.deployment),
    running: r.running,
    decision: r.decision?.id ?? null,
  }));
  return { names, total, running, rows: byText(short) };
}
