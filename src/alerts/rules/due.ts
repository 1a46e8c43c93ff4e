import type { Instant } from '../../ledger/instant.ts';
import type { AlertRule } from '../config/config.ts';
import type { Group } from './group.ts';
import { endOfQuiet } from './quiet-hours.ts';

/**
 * When a group is to be told of: not in quiet hours unless something of it is exploited, and not before the rule's `every` has
 * passed since its thread was told of last (null: never).
 */
export function dueAt(rule: AlertRule, group: Group, now: Instant, last: Instant | null): Instant {
  const next = last === null ? now : Math.max(now, last + rule.everyMs);
  return rule.quiet === null || group.exploited ? next : endOfQuiet(rule.quiet, next);
}

/** When somebody else is told of an alert that is raised now, unless it is acknowledged before; null for never. */
export function escalationAt(rule: AlertRule, group: Group, now: Instant): Instant | null {
  if (rule.escalate === null) return null;
  const at = now + rule.escalate.afterMs;
  return rule.quiet === null || group.exploited ? at : endOfQuiet(rule.quiet, at);
}
