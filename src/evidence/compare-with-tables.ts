import { formatEnd, formatInstant } from '../ledger/instant.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ExposureRow } from '../ledger/queries/answers.ts';
import { exposure } from '../ledger/queries/exposure.ts';
import { CodedError } from '../model/errors.ts';
import { clip } from '../model/problem.ts';
import type { KnownVulnerability, PackAnswer, PackRequest } from './answer.ts';

/** What both ways to work out the answer must agree on. */
function fromTables(row: ExposureRow): string {
  const { vulnerability, component, deployments, severity, exploited, fixedIn, advisories, knownWhileRunning } = row;
  return JSON.stringify([
    vulnerability,
    component,
    deployments,
    severity,
    exploited,
    fixedIn,
    advisories,
    formatInstant(row.firstKnown),
    formatInstant(row.knownFrom),
    formatEnd(row.knownTo),
    knownWhileRunning,
    [row.source.entry, row.source.place],
    row.decision?.id ?? null,
  ]);
}

function fromLog(row: KnownVulnerability): string {
  const { vulnerability, component, deployments, severity, exploited, fixedIn, advisories, knownWhileRunning } = row;
  const { firstKnown, knownFrom, knownTo, source, decision } = row;
  const known = [firstKnown, knownFrom, knownTo, knownWhileRunning, [source.entry, source.place], decision];
  return JSON.stringify([vulnerability, component, deployments, severity, exploited, fixedIn, advisories, ...known]);
}

/**
 * Holds what was worked out from the log against what the tables of the database answer to the same question. Throws
 * `ledger-inconsistent` naming the first thing in which they differ.
 */
export async function compareWithTables(ledger: Ledger, request: PackRequest, answer: PackAnswer): Promise<void> {
  const { rows, deployments } = await exposure(ledger, request);
  const periods = deployments.map((d) =>
    JSON.stringify([d.deployment, formatInstant(d.validFrom), formatEnd(d.validTo)]),
  );
  const ran = answer.ran.deployments
    .filter((d) => d.inPeriod)
    .map(({ deployment, beliefs }) => JSON.stringify([deployment, beliefs.at(-1)?.from, beliefs.at(-1)?.to]));
  const sides: readonly (readonly [what: string, tables: string[], log: string[]])[] = [
    ['a deployment', periods, ran],
    ['a vulnerability that was known', rows.map(fromTables), answer.known.vulnerabilities.map(fromLog)],
  ];
  for (const [what, tables, log] of sides) {
    const [a, b] = [new Set(tables), new Set(log)];
    const only = tables.find((t) => !b.has(t)) ?? log.find((t) => !a.has(t));
    if (only === undefined) continue;
    const side = b.has(only) ? 'only the log says' : 'only the database says';
    throw new CodedError('ledger-inconsistent', `database and log differ in ${what}; ${side} ${clip(only, 300)}`, {
      remedy: 'kvitto verify --ledger names every row of the database that does not follow from the log',
    });
  }
}
