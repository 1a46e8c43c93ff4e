import { sql } from 'kysely';
import { forever, type Instant } from '../../ledger/instant.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { exposure } from '../../ledger/queries/exposure.ts';
import { type SeverityLevel, severityLevels } from '../../model/advisory.ts';
import type { Family, Sample } from './exposition.ts';

/** What is counted of a service in an environment. */
interface Counted {
  readonly findings: ReadonlyMap<SeverityLevel, number>;
  /** Of them, those without a decision in force. */
  readonly unhandled: ReadonlyMap<SeverityLevel, number>;
  readonly exploited: number;
  /** First known, of the oldest without a decision; null: there is none. */
  readonly oldest: Instant | null;
}

/** Services with labels of their own; those after them are summed up. */
const mostPlaces = 2_000;

const others = '(others)';

/**
 * Counts of what is known of what runs, kept in memory. Each look counts anew what the entries since the last one touched, as far as its
 * time allows; what is left comes next time, and is told as such.
 */
export class FindingCounts {
  readonly #counted = new Map<string, Counted>();
  readonly #due = new Set<string>();
  #entry = -1;

  /** Counts for at most so many milliseconds. How many places are still to be counted. */
  async refresh(ledger: Ledger, budgetMs: number): Promise<number> {
    const end = performance.now() + budgetMs;
    await this.#note(ledger);
    for (const place of this.#due) {
      if (performance.now() > end) break;
      const [service = '', environment = ''] = place.split('\0');
      this.#counted.set(place, await countOf(ledger, service, environment));
      this.#due.delete(place);
    }
    return this.#due.size;
  }

  /** Notes what has to be counted anew. */
  async #note(ledger: Ledger): Promise<void> {
    const { size } = await ledger.state();
    if (size - 1 === this.#entry) return;
    const [since, now] = [this.#entry, ledger.parts.clock().getTime()];
    const { rows } = await sql<{ service: string; environment: string; artifact: number; entry: number }>`
      SELECT s.name AS service, e.name AS environment, p.artifact, max(p.entry) AS entry FROM period p
      JOIN service s ON s.id = p.service JOIN environment e ON e.id = p.environment
      WHERE p.known_to = ${forever} AND p.valid_from <= ${now} AND p.valid_to > ${now}
      GROUP BY s.name, e.name, p.artifact`.execute(ledger.reader);
    const running = new Set(rows.map((r) => `${r.service}\0${r.environment}`));
    for (const place of this.#counted.keys()) if (!running.has(place)) this.#counted.delete(place);
    for (const place of this.#due) if (!running.has(place)) this.#due.delete(place);
    const learned = await touchedArtifacts(ledger, since);
    for (const { service, environment, artifact, entry } of rows) {
      const place = `${service}\0${environment}`;
      if (entry > since || learned === 'all' || learned.has(artifact) || !this.#counted.has(place))
        this.#due.add(place);
    }
    // One that runs no more in a place leaves no row above, but changes what is counted there.
    for (const place of await touchedPlaces(ledger, since)) if (running.has(place)) this.#due.add(place);
    this.#entry = size - 1;
  }

  /** What is counted so far. */
  families(): Family[] {
    const findings: Sample[] = [];
    const unhandled: Sample[] = [];
    const exploited: Sample[] = [];
    const oldest: Sample[] = [];
    for (const [place, counted] of this.#places()) {
      const [service = '', environment = ''] = place.split('\0');
      const labels = { service, environment };
      for (const severity of severityLevels) {
        findings.push({ labels: { ...labels, severity }, value: counted.findings.get(severity) ?? 0 });
        unhandled.push({ labels: { ...labels, severity }, value: counted.unhandled.get(severity) ?? 0 });
      }
      exploited.push({ labels, value: counted.exploited });
      if (counted.oldest !== null) oldest.push({ labels, value: counted.oldest / 1000 });
    }
    const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({
      name,
      type: 'gauge',
      help,
      samples,
    });
    return [
      gauge('kvitto_findings', 'Vulnerabilities known of what runs, one for each component that has it.', findings),
      gauge('kvitto_findings_unhandled', 'Of kvitto_findings, those without a decision in force.', unhandled),
      gauge(
        'kvitto_findings_exploited',
        'Of kvitto_findings, those in a catalogue of exploited vulnerabilities.',
        exploited,
      ),
      gauge(
        'kvitto_findings_oldest_unhandled_timestamp_seconds',
        'When the oldest finding without a decision became known.',
        oldest,
      ),
    ];
  }

  #places(): [string, Counted][] {
    const all = [...this.#counted].sort(([a], [b]) => (a < b ? -1 : 1));
    if (all.length <= mostPlaces) return all;
    const rest = all.slice(mostPlaces).map(([, counted]) => counted);
    return [...all.slice(0, mostPlaces), [`${others}\0${others}`, rest.reduce(sumOf)]];
  }
}

function sumOf(a: Counted, b: Counted): Counted {
  const add = (x: ReadonlyMap<SeverityLevel, number>, y: ReadonlyMap<SeverityLevel, number>) =>
    new Map(severityLevels.map((level) => [level, (x.get(level) ?? 0) + (y.get(level) ?? 0)]));
  return {
    findings: add(a.findings, b.findings),
    unhandled: add(a.unhandled, b.unhandled),
    exploited: a.exploited + b.exploited,
    oldest: a.oldest === null || b.oldest === null ? (a.oldest ?? b.oldest) : Math.min(a.oldest, b.oldest),
  };
}

async function countOf(ledger: Ledger, service: string, environment: string): Promise<Counted> {
  const now = Math.max(ledger.parts.clock().getTime(), (await ledger.state()).last_recorded);
  const { rows } = await exposure(ledger, { service, environment, from: now, to: now, asOf: null, maxFeedAgeMs: null });
  const findings = new Map<SeverityLevel, number>();
  const unhandled = new Map<SeverityLevel, number>();
  let exploited = 0;
  let oldest: Instant | null = null;
  // One that is decided differently for two deployments has two rows, and counts once; handled only where both are.
  const seen = new Map<string, boolean>();
  for (const row of rows) {
    const key = `${row.component}\0${row.vulnerability}`;
    const before = seen.get(key);
    if (before === undefined) {
      findings.set(row.severity, (findings.get(row.severity) ?? 0) + 1);
      if (row.exploited) exploited += 1;
    }
    if (row.decision === null && before !== true) {
      unhandled.set(row.severity, (unhandled.get(row.severity) ?? 0) + 1);
      oldest = Math.min(oldest ?? row.firstKnown, row.firstKnown);
    }
    seen.set(key, before === true || row.decision === null);
  }
  return { findings, unhandled, exploited, oldest };
}

/** The artifacts of which something was opened, closed or decided by an entry after one; `all` where that is not worth finding out. */
async function touchedArtifacts(ledger: Ledger, since: number): Promise<ReadonlySet<number> | 'all'> {
  if (since < 0) return 'all';
  const decided = await sql`SELECT 1 FROM decision WHERE entry > ${since} OR expired > ${since} LIMIT 1`.execute(
    ledger.reader,
  );
  if (decided.rows.length > 0) return 'all';
  const { rows: passes } = await sql<{ from: number | null }>`SELECT min(known_from) AS "from" FROM rescan
    WHERE id > ${since} AND opened + closed > 0`.execute(ledger.reader);
  const inventories = await sql<{ artifact: number }>`SELECT artifact FROM inventory WHERE id > ${since}`.execute(
    ledger.reader,
  );
  const touched = new Set(inventories.rows.map((r) => r.artifact));
  const from = passes[0]?.from ?? null;
  if (from === null) return touched;
  const { rows } = await sql<{ artifact: number }>`SELECT DISTINCT ac.artifact FROM component_match m
    JOIN artifact_component ac ON ac.component = m.component
    WHERE m.known_from >= ${from} OR (m.known_to >= ${from} AND m.known_to < ${forever})`.execute(ledger.reader);
  for (const { artifact } of rows) touched.add(artifact);
  return touched;
}

/** Places of which an entry after one changed what runs. */
async function touchedPlaces(ledger: Ledger, since: number): Promise<string[]> {
  const { rows } = await sql<{
    service: string;
    environment: string;
  }>`SELECT DISTINCT s.name AS service, e.name AS environment
    FROM period p JOIN service s ON s.id = p.service JOIN environment e ON e.id = p.environment
    WHERE p.entry > ${since}`.execute(ledger.reader);
  return rows.map((r) => `${r.service}\0${r.environment}`);
}
