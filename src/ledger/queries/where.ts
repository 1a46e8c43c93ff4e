import { type RawBuilder, sql } from 'kysely';
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
  const artifacts = [...new Set(held.map((h) => h.artifact))];
  const skip = request.skip ?? 0;
  const end = request.limit === undefined ? null : skip + request.limit;
  const counts = await countsOf(ledger, artifacts, asOf);
  const all = pair(matches, held, counts, await periodsOf(ledger, artifacts, asOf, end));
  const page = all.slice(skip, end ?? undefined);
  const shown = [...new Set(page.map((p) => p.period).filter((p) => p !== null))];
  const refs = await deploymentRefs(ledger, await withMarks(ledger, shown), asOf);
  const refOf = new Map<Known, DeploymentRef | undefined>(shown.map((period, at) => [period, refs[at]]));
  const artifactOf = await artifactRefs(
    ledger,
    page.map((p) => p.artifact),
    asOf,
  );
  const decisions = await decisionsInForce(
    ledger,
    ids.length === 0 ? [] : [among(ledger.database, 'n.vulnerability', ids)],
    asOf,
    asOf,
  );
  return {
    vulnerability: request.vulnerability,
    names,
    asOf,
    ...totalOf(held, counts),
    rows: page.map(({ match, artifact: number, period }) => {
      const artifact = artifactOf.get(number);
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
        running: period?.running === 1,
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

/** `running`: 1 where it ran at `asOf`. */
type Known = Omit<Period, 'marks'> & { readonly running: number };

interface Count {
  readonly artifact: number;
  readonly total: number;
  readonly running: number;
}

/** How often artifacts were deployed, and how many of these run. */
async function countsOf(ledger: Ledger, artifacts: readonly number[], asOf: Instant): Promise<Map<number, Count>> {
  const found = new Map<number, Count>();
  for (const part of parts(artifacts)) {
    const { rows } = await sql<Count>`SELECT p.artifact, count(*) AS total,
      sum(CASE WHEN p.valid_from <= ${asOf} AND p.valid_to > ${asOf} THEN 1 ELSE 0 END) AS running FROM period p
      WHERE ${among(ledger.database, 'p.artifact', part)} AND ${believedAt('p', asOf)} GROUP BY p.artifact`.execute(
      ledger.reader,
    );
    for (const { artifact, total, running } of rows) {
      found.set(artifact, { artifact, total: Number(total), running: Number(running) });
    }
  }
  return found;
}

/** The deployments of artifacts: what runs, then what ran, the last first. `most`: as many of these as a page may need. */
async function periodsOf(
  ledger: Ledger,
  artifacts: readonly number[],
  asOf: Instant,
  most: number | null,
): Promise<Known[]> {
  if (artifacts.length === 0) return [];
  const enough = most === null ? sql`` : sql`LIMIT ${most}`;
  const select = (running: number, which: RawBuilder<boolean>) =>
    sql<Known>`SELECT p.*, ${sql.lit(running)} AS running FROM period p
      WHERE ${among(ledger.database, 'p.artifact', artifacts)} AND ${believedAt('p', asOf)} AND ${which}
      ORDER BY p.valid_to DESC, p.deployment ${enough}`.execute(ledger.reader);
  const { rows: found } = await select(1, sql`p.valid_from <= ${asOf} AND p.valid_to > ${asOf}`);
  if (most !== null && found.length >= most) return found;
  const { rows: past } = await select(0, sql`(p.valid_from > ${asOf} OR p.valid_to <= ${asOf})`);
  return [...found, ...past];
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
}

/** Every match with every artifact that holds it and every deployment of that, in the order of the answer. */
function pair(
  matches: readonly Match[],
  held: readonly Held[],
  counts: ReadonlyMap<number, Count>,
  periods: readonly Known[],
): Pair[] {
  const byComponent = new Map(matches.map((m) => [m.component, m]));
  const holding: { readonly artifact: number; readonly match: Match }[] = [];
  for (const { component, artifact } of held) {
    const match = byComponent.get(component);
    if (match !== undefined) holding.push({ artifact, match });
  }
  holding.sort((a, b) => a.artifact - b.artifact || (a.match.purl < b.match.purl ? -1 : 1));
  const byArtifact = Map.groupBy(holding, (h) => h.artifact);
  const pairs: Pair[] = [];
  for (const period of periods) {
    for (const { artifact, match } of byArtifact.get(period.artifact) ?? []) pairs.push({ match, artifact, period });
  }
  for (const { artifact, match } of holding) {
    if (!counts.has(artifact)) pairs.push({ match, artifact, period: null });
  }
  return pairs;
}

function totalOf(held: readonly Held[], counts: ReadonlyMap<number, Count>): Pick<Where, 'total' | 'running'> {
  let [total, running] = [0, 0];
  for (const { artifact } of held) {
    const count = counts.get(artifact);
    total += count?.total ?? 1;
    running += count?.running ?? 0;
  }
  return { total, running };
}

/** Every decision about a vulnerability by any of its names, oldest first. */
async function decisionsAbout(ledger: Ledger, names: readonly string[], asOf: Instant): Promise<DecisionRef[]> {
  const { rows } = await sql<DecisionRow>`SELECT d.* FROM decision d
    WHERE d.id IN (SELECT decision FROM decision_name WHERE ${among(ledger.database, 'name', names)})
    AND d.known_from <= ${asOf} ORDER BY d.id`.execute(ledger.reader);
  return rows.map((row) => decisionRef(row, asOf));
}
