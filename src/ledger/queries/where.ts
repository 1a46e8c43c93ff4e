import { sql } from 'kysely';
import { severityLevels } from '../../model/advisory.ts';
import { among, parts } from '../apply/interned.ts';
import type { ComponentMatchRow, DecisionRow } from '../database/tables.ts';
import type { Instant } from '../instant.ts';
import type { Ledger } from '../ledger.ts';
import type { DecisionRef, DeploymentRef, Where } from './answers.ts';
import { decisionRef, decisionsInForce } from './decision-refs.ts';
import { artifactRefs, deploymentRefs, type Period } from './deployment-refs.ts';
import { believedAt, endAt, knownAt } from './known-at.ts';

export interface WhereRequest {
  /** Any name of the vulnerability. */
  readonly vulnerability: string;
  /** Null: now. */
  readonly asOf: Instant | null;
  /** Rows of a page; all by default. */
  readonly limit?: number;
  /** Rows of the pages before. */
  readonly skip?: number;
}

/**
 * Everything that has or had a vulnerability, running or not, as known at a moment. One that the ledger has never met has no
 * names and no rows.
 */
export async function where(ledger: Ledger, request: WhereRequest): Promise<Where> {
  const asOf = await knownAt(ledger, request.asOf);
  const { ids, names } = await namesAt(ledger, request.vulnerability, asOf);
  const matches = await matchesWith(ledger, ids, asOf);
  const held = await holdersOf(ledger, [...new Set(matches.map((m) => m.component))], asOf);
  const periods = await periodsOf(ledger, [...new Set(held.map((h) => h.artifact))], asOf);
  const all = pair(matches, held, periods, asOf);
  const skip = request.skip ?? 0;
  const page = all.slice(skip, request.limit === undefined ? undefined : skip + request.limit);
  const shown = [...new Set(page.map((p) => p.period).filter((p) => p !== null))];
  const refs = await deploymentRefs(ledger, await withMarks(ledger, shown), asOf);
  const refOf = new Map<Known, DeploymentRef | undefined>(shown.map((period, at) => [period, refs[at]]));
  const artifacts = await artifactRefs(
    ledger,
    page.map((p) => p.artifact),
    asOf,
  );
  const decisions = await decisionsInForce(ledger, [among(ledger.database, 'n.vulnerability', ids)], asOf, asOf);
  return {
    vulnerability: request.vulnerability,
    names,
    asOf,
    total: all.length,
    running: all.filter((p) => p.running).length,
    rows: page.map(({ match, artifact: number, period, running }) => {
      const artifact = artifacts.get(number);
      if (artifact === undefined) throw new TypeError(`there is no artifact ${number}`);
      const deployment = (period === null ? null : refOf.get(period)) ?? null;
      const { service = null, environment = null } = deployment ?? {};
      const subject = { service, environment, artifact: artifact.digest, component: match.purl };
      return {
        component: match.purl,
        artifact,
        severity: severityLevels[match.severity] ?? 'unknown',
        fixedIn: match.fixed_in,
        firstKnown: match.first_known,
        knownTo: endAt(match.known_to, asOf),
        deployment,
        running,
        decision: decisions.for(match.vulnerability, subject),
      };
    }),
    decisions: await decisionsAbout(ledger, names.length === 0 ? [request.vulnerability] : names, asOf),
  };
}

/** The vulnerabilities that a name stands for, and all of their names, sorted, as known at a moment. */
async function namesAt(ledger: Ledger, name: string, asOf: Instant): Promise<{ ids: number[]; names: string[] }> {
  const { rows } = await sql<{
    id: number;
    name: string;
  }>`SELECT n.vulnerability AS id, n.name FROM vulnerability_name one
    JOIN vulnerability_name n ON n.vulnerability = one.vulnerability
    WHERE one.name = ${name} AND one.known_from <= ${asOf} AND n.known_from <= ${asOf}`.execute(ledger.reader);
  return { ids: [...new Set(rows.map((r) => r.id))], names: [...new Set(rows.map((r) => r.name))].sort() };
}

type Match = ComponentMatchRow & { readonly purl: string };

/** The last form of each match, open or closed. */
async function matchesWith(ledger: Ledger, ids: readonly number[], asOf: Instant): Promise<Match[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<Match>`SELECT m.*, c.purl FROM component_match m JOIN component c ON c.id = m.component
    WHERE ${among(ledger.database, 'm.vulnerability', ids)} AND m.known_from <= ${asOf} AND m.known_to > m.known_from
    ORDER BY m.known_from, m.opened`.execute(ledger.reader);
  const last = new Map(rows.map((m) => [`${m.component} ${m.vulnerability}`, m]));
  // The same vulnerability under a former main name is told once: what is open, or ended last.
  const byComponent = new Map<number, Match>();
  for (const m of last.values()) {
    const other = byComponent.get(m.component);
    if (other === undefined || endAt(m.known_to, asOf) >= endAt(other.known_to, asOf)) byComponent.set(m.component, m);
  }
  return [...byComponent.values()];
}

interface Held {
  readonly component: number;
  readonly artifact: number;
}

async function holdersOf(ledger: Ledger, components: readonly number[], asOf: Instant): Promise<Held[]> {
  const found: Held[] = [];
  for (const part of parts(components)) {
    const { rows } = await sql<Held>`SELECT ac.component, ac.artifact FROM artifact_component ac
      WHERE ${among(ledger.database, 'ac.component', part)} AND ${believedAt('ac', asOf)}`.execute(ledger.reader);
    found.push(...rows);
  }
  return found;
}

type Known = Omit<Period, 'marks'> & { readonly place: string };

async function periodsOf(ledger: Ledger, artifacts: readonly number[], asOf: Instant): Promise<Known[]> {
  const found: Known[] = [];
  for (const part of parts(artifacts)) {
    const { rows } = await sql<Known>`SELECT p.*, '' AS place FROM period p
      WHERE ${among(ledger.database, 'p.artifact', part)} AND ${believedAt('p', asOf)}`.execute(ledger.reader);
    found.push(...rows);
  }
  return found;
}

async function withMarks(ledger: Ledger, periods: readonly Known[]): Promise<Period[]> {
  const marks = new Map<number, string>();
  for (const part of parts(periods.map((p) => p.deployment))) {
    const { rows } = await sql<{ id: number; marks: string }>`SELECT id, marks FROM deployment
      WHERE ${among(ledger.database, 'id', part)}`.execute(ledger.reader);
    for (const { id, marks: text } of rows) marks.set(id, text);
  }
  return periods.map((p) => ({ ...p, marks: marks.get(p.deployment) ?? '' }));
}

interface Pair {
  readonly match: Match;
  readonly artifact: number;
  readonly period: Known | null;
  readonly running: boolean;
}

/** Every match with every artifact that holds it and every deployment of that, in the order of the answer. */
function pair(matches: readonly Match[], held: readonly Held[], periods: readonly Known[], asOf: Instant): Pair[] {
  const holders = Map.groupBy(held, (h) => h.component);
  const runs = Map.groupBy(periods, (p) => p.artifact);
  const pairs: Pair[] = [];
  for (const match of matches) {
    for (const { artifact } of holders.get(match.component) ?? []) {
      const ran = runs.get(artifact);
      if (ran === undefined) pairs.push({ match, artifact, period: null, running: false });
      for (const period of ran ?? []) {
        const running = period.valid_from <= asOf && period.valid_to > asOf;
        pairs.push({ match, artifact, period, running });
      }
    }
  }
  return pairs.sort(
    (a, b) =>
      rank(a) - rank(b) ||
      (b.period?.valid_to ?? 0) - (a.period?.valid_to ?? 0) ||
      (a.period?.deployment ?? 0) - (b.period?.deployment ?? 0) ||
      a.artifact - b.artifact ||
      (a.match.purl < b.match.purl ? -1 : 1),
  );
}

function rank({ running, period }: Pair): number {
  if (running) return 0;
  return period === null ? 2 : 1;
}

/** Every decision about a vulnerability by any of its names, oldest first. */
async function decisionsAbout(ledger: Ledger, names: readonly string[], asOf: Instant): Promise<DecisionRef[]> {
  const { rows } = await sql<DecisionRow>`SELECT d.* FROM decision d
    WHERE d.id IN (SELECT decision FROM decision_name WHERE ${among(ledger.database, 'name', names)})
    AND d.known_from <= ${asOf} ORDER BY d.id`.execute(ledger.reader);
  return rows.map((row) => decisionRef(row, asOf));
}
