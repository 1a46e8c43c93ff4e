import { type SeverityLevel, severityLevels } from '../../../model/advisory.ts';
import type { AlertEvent } from '../../../model/event.ts';
import { clip } from '../../../model/problem.ts';

/** What Alertmanager was told of a thread: one of its alerts, whatever became of ours. */
export interface ThreadState {
  /** Numbers of alerts that are not resolved. */
  readonly open: readonly number[];
  /** Labels that differ from alert to alert of a thread. Changed, they would make another alert of it. */
  readonly severity: SeverityLevel;
  readonly owner: string | null;
}

/** So that it fits into what a sink may keep of a thread. The oldest are forgotten first. */
const mostOpen = 100;

/** Null for anything that was not written by `kept`. */
export function stateOf(text: string | null): ThreadState | null {
  if (text === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const { open, severity, owner } = Object(value) as Record<string, unknown>;
  const level = severityLevels.find((one) => one === severity);
  const isOwner = owner === null || typeof owner === 'string';
  if (level === undefined || !isOwner || !Array.isArray(open) || !open.every(Number.isSafeInteger)) return null;
  return { open, severity: level, owner };
}

export function kept(state: ThreadState): string {
  return JSON.stringify(state);
}

/** After a raise: the worst severity of the thread since it began, and the owner as it is now. */
export function withAlert(state: ThreadState | null, { alert, severity, owner }: AlertEvent): ThreadState {
  const others = (state?.open ?? []).filter((one) => one !== alert);
  const known = state?.severity ?? severity;
  const worse = severityLevels.indexOf(severity) < severityLevels.indexOf(known) ? severity : known;
  return {
    open: [...others, alert].slice(-mostOpen),
    severity: worse,
    owner: owner === null ? null : clip(owner),
  };
}
