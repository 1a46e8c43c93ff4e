import { severityLevels } from '../../model/advisory.ts';
import type { Digest } from '../../model/inventory.ts';
import type { DecisionSubject } from '../decision-scope.ts';
import { forever, type Instant } from '../instant.ts';
import type { DecisionRef, DeploymentRef, ExposureRow } from './answers.ts';
import type { DecisionsInForce } from './decision-refs.ts';
import { endAt } from './known-at.ts';
import { type KnownMatchRow, urgency } from './known-matches.ts';

/** A deployment, and the part of the asked period in which it ran; `from` = `to` for a moment. */
export interface Run {
  readonly ref: DeploymentRef;
  readonly from: Instant;
  readonly to: Instant;
}

/** A component in a run. */
export interface Place {
  readonly run: Run;
  /** Since when it is known that the artifact has the component. */
  readonly contained: Instant;
  readonly subject: DecisionSubject;
}

export interface RowContext {
  readonly decisions: DecisionsInForce;
  /** Digests of snapshots by number. */
  readonly snapshots: ReadonlyMap<number, Digest>;
  readonly asOf: Instant;
}

/** Whether something known from `since` until `until` was known at some time of a run. */
function knownWhile(run: Run, since: Instant, until: Instant): boolean {
  const begunInTime = run.ref.validTo <= run.to ? since < run.to : since <= run.to;
  return begunInTime && until > run.from;
}

/** What becomes a row: a component's vulnerability in those deployments for which the same decision holds. */
interface Group {
  match: KnownMatchRow;
  urgency: number;
  readonly component: string;
  readonly decision: DecisionRef | null;
  readonly deployments: number[];
  known: boolean;
}

/**
 * The rows of an exposure, worst first. `matches`: the forms of one match follow each other, oldest first; `places`: of each
 * component. A row is made for tens of thousands of matches while somebody waits: hence the plain loops.
 */
export function exposureRows(
  matches: readonly KnownMatchRow[],
  places: ReadonlyMap<number, readonly Place[]>,
  context: RowContext,
): ExposureRow[] {
  const groups: Group[] = [];
  let own = 0;
  let last: KnownMatchRow | null = null;
  for (const match of matches) {
    if (last?.component !== match.component || last.vulnerability !== match.vulnerability) own = groups.length;
    last = match;
    // What was closed later than is asked about is open.
    const until = endAt(match.known_to, context.asOf);
    const open = until === forever;
    for (const { run, contained, subject } of places.get(match.component) ?? []) {
      if (!open && !knownWhile(run, match.known_from, until)) continue;
      const known = knownWhile(run, Math.max(match.first_known, contained), until);
      const decision = context.decisions.for(match.vulnerability, subject);
      const { deployment } = run.ref;
      let group: Group | undefined;
      for (let at = own; at < groups.length && group === undefined; at += 1) {
        if (groups[at]?.decision === decision) group = groups[at];
      }
      if (group === undefined) {
        const { component } = subject;
        groups.push({ match, urgency: urgency(match), component, decision, deployments: [deployment], known });
        continue;
      }
      group.match = match;
      group.urgency = urgency(match);
      group.known ||= known;
      if (!group.deployments.includes(deployment)) group.deployments.push(deployment);
    }
  }
  return groups.sort(worstFirst).map((group) => rowOf(group, context));
}

/** Exploited first, then by severity and score, then by name. */
function worstFirst(a: Group, b: Group): number {
  const off = a.urgency - b.urgency;
  if (off !== 0) return off;
  if (a.match.name !== b.match.name) return a.match.name < b.match.name ? -1 : 1;
  if (a.component !== b.component) return a.component < b.component ? -1 : 1;
  return (a.decision?.id ?? -1) - (b.decision?.id ?? -1);
}

function rowOf({ match: m, component, decision, deployments, known }: Group, context: RowContext): ExposureRow {
  return {
    vulnerability: m.name,
    component,
    deployments: deployments.length > 1 ? deployments.sort((a, b) => a - b) : deployments,
    severity: severityLevels[m.severity] ?? 'unknown',
    score: m.score === null ? null : m.score / 10,
    exploited: m.exploited === 1,
    fixedIn: m.fixed_in,
    advisories: m.advisories === '' ? [] : m.advisories.split(' '),
    firstKnown: m.first_known,
    knownFrom: m.known_from,
    knownTo: endAt(m.known_to, context.asOf),
    knownWhileRunning: known,
    snapshot: context.snapshots.get(m.snapshot) ?? null,
    source: { entry: m.opened, document: m.document, place: m.place },
    decision,
  };
}
