import type { SeverityLevel } from '../../model/advisory.ts';
import type { ChangeEvent, ChangeKind, KvittoEvent } from '../../model/event.ts';

/** How much an event weighs for who reads a log. `unknown`: of a vulnerability that nobody has rated; never read as harmless. */
export type Weight = 'critical' | 'high' | 'medium' | 'low' | 'info' | 'unknown';

const ofLevel: Readonly<Record<SeverityLevel, Weight>> = {
  critical: 'critical',
  high: 'high',
  medium: 'medium',
  low: 'low',
  negligible: 'info',
  unknown: 'unknown',
};

/** What weighs by its kind, whatever vulnerability it is about. */
const ofKind: Readonly<Partial<Record<ChangeKind, Weight>>> = {
  'gate-bypassed': 'high',
  'watch-silent': 'high',
  epss: 'medium',
  'decision-expired': 'medium',
  'decision-expiring': 'low',
  'end-of-life': 'medium',
  drift: 'medium',
  'unrecorded-deployment': 'medium',
  'feed-failed': 'medium',
  'feed-stale': 'medium',
  'scan-overdue': 'medium',
};

const goodNews: ReadonlySet<ChangeKind> = new Set(['gone', 'withdrawn']);

function ofChange({ change, state, before, after }: ChangeEvent): Weight {
  if (state === 'ended' || goodNews.has(change)) return 'info';
  return ofKind[change] ?? ofLevel[(after ?? before)?.severity ?? 'unknown'];
}

/** The one place where the weight of an event is decided. What ended, went or was handled is `info`. */
export function weightOf(event: KvittoEvent): Weight {
  switch (event.type) {
    case 'change':
      return ofChange(event);
    case 'alert':
      return event.state === 'raised' || event.state === 'escalated' ? ofLevel[event.severity] : 'info';
    case 'verdict':
      return event.verdict === 'pass' ? 'info' : 'medium';
    case 'scan':
    case 'rescan':
      return event.problems > 0 ? 'low' : 'info';
    case 'observation':
      return event.drift > 0 ? 'low' : 'info';
    case 'deployment':
    case 'decision':
    case 'ledger':
      return 'info';
  }
}

/** Whether an event says of something that runs that it is exploited, as news. */
export function isExploited(event: KvittoEvent): boolean {
  if (event.type === 'alert') return event.exploited && (event.state === 'raised' || event.state === 'escalated');
  return event.type === 'change' && event.state === 'began' && event.after?.exploited === true;
}
