import type { Instant } from '../../ledger/instant.ts';
import type { AlertRule } from '../config/config.ts';
import type { Group } from './group.ts';
import { endOfQuiet } from './quiet-hours.ts';

/** What lies so far ahead of the clock was written by one that was wrong, and not by another machine's. */
const aheadMs = 60 * 60_000;
/** Longer than any quiet hours. */
const longestQuietMs = 26 * 60 * 60_000;

/** Nothing waits beyond this, unless the clock was set back meanwhile. */
export function latestDue(rules: readonly Pick<AlertRule, 'everyMs'>[], now: Instant): Instant {
  return now + rules.reduce((most, { everyMs }) => Math.max(most, everyMs), 0) + aheadMs + longestQuietMs;
}

/**
 * When a group is to be told of: not in quiet hours unless something of it is exploited, and not before the rule's `every` has
 * passed since its thread was told of last (null: never). Told of in what is the future now is as good as never: rather too often than not for as long as a clock
 * was ahead.
 */
export function dueAt(rule: AlertRule, group: Group, now: Instant, last: Instant | null): Instant {
  const next = last === null || last - now > aheadMs ? now : Math.max(now, last + rule.everyMs);
  return rule.quiet === null || group.exploited ? next : endOfQuiet(rule.quiet, next);
}

/** When somebody else is told of an alert that is raised now, unless it is acknowledged before; null for never. */
export function escalationAt(rule: AlertRule, group: Group, now: Instant): Instant | null {
  if (rule.escalate === null) return null;
  const at = now + rule.escalate.afterMs;
  return rule.quiet === null || group.exploited ? at : endOfQuiet(rule.quiet, at);
}
