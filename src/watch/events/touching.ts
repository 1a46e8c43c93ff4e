import { sql } from 'kysely';
import { among } from '../../ledger/apply/interned.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Origin } from './draft.ts';
import { type Running, runningThen } from './running.ts';

/** A vulnerability of a component in what ran. */
export interface Touching {
  readonly component: string;
  readonly runs: readonly Running[];
}

/** Which of what ran when an entry was recorded had a vulnerability (by any of its names) open then, by component. */
export async function runningWith(ledger: Ledger, names: readonly string[], at: Origin): Promise<Touching[]> {
  const { rows } = await sql<{ component: string; artifact: number }>`SELECT DISTINCT c.purl AS component, ac.artifact
    FROM vulnerability_name n JOIN component_match m ON m.vulnerability = n.vulnerability
      JOIN component c ON c.id = m.component JOIN artifact_component ac ON ac.component = m.component
    WHERE ${among(ledger.database, 'n.name', names)} AND m.known_from <= ${at.recorded} AND m.known_to > ${at.recorded}
      AND ac.known_from <= ${at.recorded} AND ac.known_to > ${at.recorded}`.execute(ledger.reader);
  if (rows.length === 0) return [];
  return joined(rows, await runningThen(ledger, at));
}

/** Which of what ran has components that are looked up in an ecosystem (`Debian:10`), one of them named. */
export async function runningOf(ledger: Ledger, ecosystem: string, at: Origin): Promise<Running[]> {
  const { rows } = await sql<{ artifact: number }>`SELECT DISTINCT ac.artifact FROM advisory_name n
      JOIN component c ON c.advisory_name = n.id JOIN artifact_component ac ON ac.component = c.id
    WHERE n.ecosystem = ${ecosystem} AND ac.known_from <= ${at.recorded} AND ac.known_to > ${at.recorded}`.execute(
    ledger.reader,
  );
  const artifacts = new Set(rows.map((r) => r.artifact));
  return (await runningThen(ledger, at)).filter((r) => artifacts.has(r.number));
}

function joined(
  rows: readonly { readonly component: string; readonly artifact: number }[],
  running: readonly Running[],
): Touching[] {
  const byArtifact = Map.groupBy(running, (r) => r.number);
  const byComponent = Map.groupBy(rows, (r) => r.component);
  return [...byComponent]
    .map(([component, list]) => ({ component, runs: list.flatMap((r) => byArtifact.get(r.artifact) ?? []) }))
    .filter(({ runs }) => runs.length > 0)
    .sort((a, b) => (a.component < b.component ? -1 : 1));
}
