import { type ChangeKind, changeKinds } from '../../model/event.ts';
import type { AlertRule } from './config.ts';

/** Changes between two forms in which a vulnerability of a component was known: these have a severity, and a fix or none. */
const ofMatches: ReadonlySet<ChangeKind> = new Set([
  'exploited',
  'new',
  'severity-up',
  'fix-available',
  'severity-down',
  'changed',
  'withdrawn',
  'gone',
]);
/** What is known no more says nothing of probabilities. */
const withoutEpss: ReadonlySet<ChangeKind> = new Set(['withdrawn', 'gone']);
/** What is about no service. */
const ofTheLedger: ReadonlySet<ChangeKind> = new Set(['feed-failed', 'feed-stale', 'scan-overdue', 'watch-silent']);

type Conditions = Pick<
  AlertRule,
  'levels' | 'exploited' | 'epss' | 'fixable' | 'services' | 'environments' | 'owners' | 'by'
>;

/** Why no change of a kind ever meets the conditions of a rule; null where one may. */
function obstacle(kind: ChangeKind, rule: Conditions): string | null {
  const ofMatch = ofMatches.has(kind);
  if (!ofMatch && rule.levels !== null) return 'has no severity';
  if (!ofMatch && rule.exploited !== null) return 'does not say whether something is exploited';
  if (!ofMatch && rule.fixable !== null) return 'does not say whether there is a fix';
  if (rule.epss !== null && kind !== 'epss' && (!ofMatch || withoutEpss.has(kind))) return 'has no EPSS';
  if (kind === 'exploited' && rule.exploited === false) return 'is never of what is not exploited';
  if (kind === 'fix-available' && rule.fixable === false) return 'is never of what has no fix';
  const place = rule.services !== null || rule.environments !== null || rule.owners !== null;
  return ofTheLedger.has(kind) && place ? 'is about no service' : null;
}

/**
 * What of a rule's changes can never meet its conditions, and why, as `"drift" has no severity`; null where all can. A rule that
 * names no kinds means those that can.
 */
export function neverMatches(changes: ReadonlySet<ChangeKind> | null, conditions: Conditions): string | null {
  if (changes === null) {
    return changeKinds.some((kind) => obstacle(kind, conditions) === null) ? null : 'no change';
  }
  for (const kind of changes) {
    const why = obstacle(kind, conditions);
    if (why !== null) return `"${kind}" ${why}`;
  }
  return null;
}
