import type { ChangeKind } from '../../model/event.ts';
import type { AlertRule } from './config.ts';

/** A rule that asks nothing and tells nobody; conditions are put over it. */
export const openRule: Omit<AlertRule, 'name'> = {
  changes: null,
  levels: null,
  exploited: null,
  epss: null,
  fixable: null,
  services: null,
  environments: null,
  owners: null,
  send: [],
  by: 'service',
  everyMs: 0,
  quiet: null,
  escalate: null,
};

const of = (name: string, ...changes: ChangeKind[]): AlertRule => ({ ...openRule, name, changes: new Set(changes) });

/**
 * The rules that hold where `kvitto.yaml` has none: what is exploited; what is high or critical, with a fix or without; what runs
 * past the gate or otherwise than it is written down; that nobody looks any more; that a decision ran out. What has no severity
 * yet raises an alarm when it gets one.
 */
export function defaultRules(send: readonly string[]): AlertRule[] {
  const rules: AlertRule[] = [
    { ...of('exploited', 'new', 'exploited'), exploited: true },
    { ...of('severe', 'new', 'severity-up'), exploited: false, levels: new Set(['critical', 'high']) },
    of('past-the-gate', 'gate-bypassed', 'unrecorded-deployment', 'drift'),
    of('not-watched', 'feed-failed', 'feed-stale', 'scan-overdue', 'watch-silent'),
    of('decisions', 'decision-expired'),
  ];
  return rules.map((rule) => ({ ...rule, send }));
}
