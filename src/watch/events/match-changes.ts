import type { KnowledgeDocument, KnownMatch } from '../../ledger/document-shapes.ts';
import type { ClosedMatch } from '../../ledger/queries/running-components.ts';
import { severityLevels } from '../../model/advisory.ts';
import type { ChangeKind, KnownState } from '../../model/event.ts';

/** What became different of one vulnerability of one component: one for each kind of difference. */
export interface MatchChange {
  readonly component: string;
  readonly vulnerability: string;
  readonly change: ChangeKind;
  /** Null for `new`. */
  readonly before: KnownState | null;
  /** Null for `gone` and `withdrawn`. */
  readonly after: KnownState | null;
  /** The match as it is now; null where there is none any more. */
  readonly match: KnownMatch | null;
}

function stateOf(m: KnownMatch): KnownState {
  return {
    severity: m.severity.level,
    score: m.severity.score,
    exploited: m.exploitation.length > 0,
    fixedIn: m.fixedIn,
    advisories: m.advisories,
  };
}

function formerState(row: ClosedMatch): KnownState {
  return {
    severity: severityLevels[row.severity] ?? 'unknown',
    score: row.score === null ? null : row.score / 10,
    exploited: row.exploited === 1,
    fixedIn: row.fixed_in,
    advisories: row.advisories.split(' '),
  };
}

/** The level decides; where it stays, the score. From unknown to any level is up: it was never harmless, and never becomes so. */
function severityChange(before: KnownState, after: KnownState): ChangeKind[] {
  const [was, is] = [severityLevels.indexOf(before.severity), severityLevels.indexOf(after.severity)];
  if (after.severity === 'unknown') return [];
  if (is !== was) return [is < was ? 'severity-up' : 'severity-down'];
  if (before.score === after.score) return [];
  return [(after.score ?? -1) > (before.score ?? -1) ? 'severity-up' : 'severity-down'];
}

/** What a match that was known in another form has become. */
function changesOf(before: KnownState, after: KnownState): ChangeKind[] {
  const kinds: ChangeKind[] = [];
  if (after.exploited && !before.exploited) kinds.push('exploited');
  kinds.push(...severityChange(before, after));
  if (after.fixedIn !== null && before.fixedIn === null) kinds.push('fix-available');
  return kinds.length === 0 ? ['changed'] : kinds;
}

/** What a document says became different. `rows`: what was known before, of the components that it closes something of. */
export function* matchChanges(
  { opened, closed }: Pick<KnowledgeDocument, 'opened' | 'closed'>,
  rows: readonly ClosedMatch[],
): Generator<MatchChange> {
  const before = new Map(rows.map((row) => [`${row.purl}\0${row.id}`, formerState(row)]));
  const reshaped = new Set(closed.filter((c) => c.why === 'changed').map((c) => `${c.component}\0${c.id}`));
  for (const match of opened) {
    const was = [match.id, ...match.aliases].map((id) => `${match.component}\0${id}`).find((key) => reshaped.has(key));
    const [old, after] = [was === undefined ? null : (before.get(was) ?? null), stateOf(match)];
    // Known since before and no row of its own: split off from another, or known by a name that went.
    const kinds: ChangeKind[] =
      old !== null ? changesOf(old, after) : match.firstKnown === null ? ['new'] : ['changed'];
    const { component, id: vulnerability } = match;
    for (const change of kinds) yield { component, vulnerability, change, before: old, after, match };
  }
  for (const { component, id, why } of closed) {
    if (why === 'changed') continue;
    const old = before.get(`${component}\0${id}`) ?? null;
    yield { component, vulnerability: id, change: why, before: old, after: null, match: null };
  }
}
