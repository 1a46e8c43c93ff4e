import type { Digest } from '../../model/inventory.ts';
import type { DecisionSubject } from '../decision-scope.ts';
import { forever, type Instant } from '../instant.ts';
import type { DeploymentRef, ExposureRow } from './answers.ts';
import type { DecisionsInForce } from './decision-refs.ts';
import { type Grade, Grades, type KnownMatches, snapshotOf } from './known-matches.ts';

/** A deployment, and the part of the asked period in which it ran; `from` = `to` for a moment. */
export interface Run {
  readonly ref: DeploymentRef;
  readonly from: Instant;
  readonly to: Instant;
  /** The deployment's number. */
  readonly alone: readonly number[];
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
}

/** Whether something known from `since` until `until` was known at some time of a run. What ended before it began never was. */
function knownWhile(run: Run, since: Instant, until: Instant): boolean {
  if (since >= until) return false;
  const begunInTime = run.ref.validTo <= run.to ? since < run.to : since <= run.to;
  return begunInTime && until > run.from;
}

type Row = { -readonly [Field in keyof ExposureRow]: ExposureRow[Field] };

/** What becomes a row: a component's vulnerability in those deployments for which the same decision holds. */
interface Group {
  readonly row: Row;
  urgency: number;
  /** The form that stands in it: its place in the lists. */
  at: number;
}

/** Matches by component; the forms of one match follow each other, oldest first. */
function byComponent({ component, vulnerability, knownFrom, opened }: KnownMatches): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (let at = 0; at < component.length; at += 1) {
    const number = component[at] ?? 0;
    const list = found.get(number);
    if (list === undefined) found.set(number, [at]);
    else list.push(at);
  }
  const off = (field: readonly number[], a: number, b: number) => (field[a] ?? 0) - (field[b] ?? 0);
  for (const list of found.values())
    list.sort((a, b) => off(vulnerability, a, b) || off(knownFrom, a, b) || off(opened, a, b));
  return found;
}

/**
 * The rows of an exposure, worst first. `places`: of each component. A row is made for tens of thousands of matches while
 * somebody waits: hence the plain loops.
 */
export function exposureRows(
  all: readonly KnownMatches[],
  places: ReadonlyMap<number, readonly Place[]>,
  context: RowContext,
): ExposureRow[] {
  const grades = new Grades();
  const named = new Map<string, Group[]>();
  const grouping = { ...context, grades, named };
  const components = all.flatMap((matches) =>
    [...byComponent(matches)].map(([component, list]) => ({ matches, list, places: places.get(component) ?? [] })),
  );
  // Then the groups of each name come in the order of their components.
  const purlOf = ([place]: readonly Place[]) => place?.subject.component ?? '';
  components.sort((a, b) => (purlOf(a.places) < purlOf(b.places) ? -1 : 1));
  for (const each of components) groupsOf(each.matches, each.list, each.places, grouping);
  return worstFirst(named);
}

interface Grouping extends RowContext {
  readonly grades: Grades;
  /** Groups by the main name of their vulnerability. */
  readonly named: Map<string, Group[]>;
}

/** Groups of the matches of one component. */
function groupsOf(matches: KnownMatches, list: readonly number[], places: readonly Place[], grouping: Grouping): void {
  const { decisions, grades, named } = grouping;
  let own: Group[] = [];
  let last = -1;
  for (const at of list) {
    const vulnerability = matches.vulnerability[at] ?? 0;
    if (vulnerability !== last) own = [];
    last = vulnerability;
    const since = matches.knownFrom[at] ?? 0;
    const first = matches.firstKnown[at] ?? since;
    // What was closed later than is asked about is open.
    const until = matches.closed[at] ?? forever;
    for (const { run, contained, subject } of places) {
      if (until !== forever && !knownWhile(run, since, until)) continue;
      const known = knownWhile(run, Math.max(first, contained), until);
      const decision = decisions.for(vulnerability, subject);
      const { deployment } = run.ref;
      const grade = grades.of(matches.grade[at] ?? 0);
      let group: Group | undefined;
      for (let i = 0; i < own.length && group === undefined; i += 1) {
        if (own[i]?.row.decision === decision) group = own[i];
      }
      if (group === undefined) {
        const row = rowOf(matches, at, grade, grouping);
        row.component = subject.component;
        row.deployments = run.alone;
        row.knownWhileRunning = known;
        row.decision = decision;
        group = { row, urgency: grade.urgency, at };
        own.push(group);
        const same = named.get(row.vulnerability);
        if (same === undefined) named.set(row.vulnerability, [group]);
        else if (own.length === 1) same.push(group);
        else insert(same, group, own.length - 1);
        continue;
      }
      const { row } = group;
      row.knownWhileRunning ||= known;
      if (!row.deployments.includes(deployment)) {
        row.deployments = [...row.deployments, deployment].sort((a, b) => a - b);
      }
      if (group.at === at) continue;
      // Of several forms the last counts.
      const { component, deployments, knownWhileRunning } = row;
      Object.assign(row, rowOf(matches, at, grade, grouping), { component, deployments, knownWhileRunning, decision });
      group.at = at;
      group.urgency = grade.urgency;
    }
  }
}

/** Adds a group behind those of components before it, and among the last few, which are of its own, by decision. */
function insert(groups: Group[], added: Group, own: number): void {
  const id = (group: Group | undefined) => group?.row.decision?.id ?? -1;
  let at = groups.length;
  while (at > groups.length - own && id(groups[at - 1]) > id(added)) at -= 1;
  groups.splice(at, 0, added);
}

/** By urgency, then by name, component and decision. Names are compared once for all of their rows: most are many times there. */
function worstFirst(named: ReadonlyMap<string, Group[]>): ExposureRow[] {
  const byUrgency = new Map<number, ExposureRow[]>();
  for (const name of [...named.keys()].sort()) {
    const groups = named.get(name) ?? [];
    for (const { row, urgency } of groups) {
      const rows = byUrgency.get(urgency);
      if (rows === undefined) byUrgency.set(urgency, [row]);
      else rows.push(row);
    }
  }
  return [...byUrgency].sort(([a], [b]) => a - b).flatMap(([, rows]) => rows);
}

const placesOfDocument = 2 ** 32;

/** A match in its place in the lists; what depends on where it is, is still to come. */
function rowOf(m: KnownMatches, at: number, grade: Grade, { snapshots }: RowContext): Row {
  const { severity, score, exploited } = grade;
  const knownFrom = m.knownFrom[at] ?? 0;
  const source = m.source[at] ?? 0;
  const advisories = m.advisories[at] ?? '';
  return {
    vulnerability: m.name[at] ?? '',
    component: '',
    deployments: none,
    severity,
    score,
    exploited,
    fixedIn: m.fixedIn[at] ?? null,
    advisories: advisories === '' ? [] : advisories.split(' '),
    firstKnown: m.firstKnown[at] ?? knownFrom,
    knownFrom,
    knownTo: m.closed[at] ?? forever,
    knownWhileRunning: false,
    snapshot: snapshots.get(snapshotOf(m.grade[at] ?? 0)) ?? null,
    source: {
      entry: m.opened[at] ?? 0,
      document: Math.floor(source / placesOfDocument),
      place: source % placesOfDocument,
    },
    decision: null,
  };
}

const none: readonly number[] = [];
