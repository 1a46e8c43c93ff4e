import { hash } from 'node:crypto';
import { type SeverityLevel, severityLevels } from '../../model/advisory.ts';
import { type ChangeEvent, type ChangeKind, changeKinds, type KnownState } from '../../model/event.ts';
import type { AlertRule } from '../config/config.ts';

/** Most changes that an alert lists. All are counted. */
export const mostListed = 100;

/** Changes that go into one alert. As JSON it is what table `held` keeps. */
export interface Group {
  readonly rule: string;
  readonly thread: string;
  readonly service: string | null;
  readonly environment: string | null;
  severity: SeverityLevel;
  exploited: boolean;
  total: number;
  counts: Partial<Record<ChangeKind, number>>;
  /** The worst, worst first. */
  changes: ChangeEvent[];
}

/** What joins alerts about one thing. */
export function threadOf(
  rule: Pick<AlertRule, 'name' | 'by'>,
  { service, environment, vulnerability }: Pick<ChangeEvent, 'service' | 'environment' | 'vulnerability'>,
): string {
  const about = [rule.name, service, environment, ...(rule.by === 'vulnerability' ? [vulnerability?.id ?? null] : [])];
  return hash('sha256', JSON.stringify(about), 'hex').slice(0, 16);
}

export function newGroup(rule: AlertRule, change: ChangeEvent): Group {
  const { service, environment } = change;
  const thread = threadOf(rule, change);
  const nothing = { severity: 'unknown' as const, exploited: false, total: 0, counts: {}, changes: [] };
  return { rule: rule.name, thread, service, environment, ...nothing };
}

/** Takes a change in. Returns how many more are listed. */
export function addChange(group: Group, change: ChangeEvent): number {
  group.total += 1;
  group.counts[change.change] = (group.counts[change.change] ?? 0) + 1;
  const state = change.after ?? change.before;
  group.severity = worse(group.severity, state?.severity ?? 'unknown');
  group.exploited ||= state?.exploited === true;
  return list(group, change);
}

/** Takes in what another group of the same thread has. */
export function merge(group: Group, other: Group): void {
  group.total += other.total;
  for (const kind of changeKinds) {
    const count = (group.counts[kind] ?? 0) + (other.counts[kind] ?? 0);
    if (count > 0) group.counts[kind] = count;
  }
  group.severity = worse(group.severity, other.severity);
  group.exploited ||= other.exploited;
  for (const change of other.changes) list(group, change);
}

function worse(a: SeverityLevel, b: SeverityLevel): SeverityLevel {
  return severityLevels.indexOf(a) <= severityLevels.indexOf(b) ? a : b;
}

function list({ changes }: Group, change: ChangeEvent): number {
  const last = changes.at(-1);
  if (changes.length >= mostListed && last !== undefined && compare(last, change) <= 0) return 0;
  let [low, high] = [0, changes.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const there = changes[middle];
    if (there !== undefined && compare(there, change) <= 0) low = middle + 1;
    else high = middle;
  }
  changes.splice(low, 0, change);
  if (changes.length <= mostListed) return 1;
  changes.pop();
  return 0;
}

/** Worst first; of equals in the order of the log, so that whatever comes first, the same are listed. */
function compare(a: ChangeEvent, b: ChangeEvent): number {
  const [left, right] = [a.after ?? a.before, b.after ?? b.before];
  return (
    Number(right?.exploited === true) - Number(left?.exploited === true) ||
    rankOf(left) - rankOf(right) ||
    (right?.score ?? -1) - (left?.score ?? -1) ||
    changeKinds.indexOf(a.change) - changeKinds.indexOf(b.change) ||
    a.entry - b.entry ||
    a.place - b.place
  );
}

function rankOf(state: KnownState | null): number {
  return severityLevels.indexOf(state?.severity ?? 'unknown');
}
