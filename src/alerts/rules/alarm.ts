import type { AlertDocument } from '../../ledger/document-shapes.ts';
import { formatInstant, type Instant } from '../../ledger/instant.ts';
import { changeKinds } from '../../model/event.ts';
import { clip } from '../../model/problem.ts';
import type { AlertConfig, AlertRule } from '../config/config.ts';
import { escalationAt } from './due.ts';
import type { Group } from './group.ts';
import { ownerOf } from './matching.ts';

/** The alert that is raised of a group at a moment. */
export function alarmOf(group: Group, rule: AlertRule, config: AlertConfig, now: Instant): AlertDocument {
  const { thread, service, environment, severity, exploited, total, counts, changes } = group;
  const at = escalationAt(rule, group, now);
  return {
    schema: 'kvitto-alert-1',
    rule: rule.name,
    thread,
    service,
    environment,
    owner: ownerOf(config.owners, service, environment),
    severity,
    exploited,
    total,
    counts,
    send: rule.send,
    message: messageOf(group),
    changes,
    escalate: at === null || rule.escalate === null ? null : { at: formatInstant(at), send: rule.escalate.send },
  };
}

/** What each kind is called where several are counted. */
const nouns: Readonly<Record<string, string>> = {
  exploited: 'newly exploited',
  'severity-up': 'rated higher',
  'severity-down': 'rated lower',
  epss: 'more likely to be exploited',
  'fix-available': 'with a fix now',
  'decision-expired': 'decisions that ran out',
  'decision-expiring': 'decisions that run out soon',
  'unrecorded-deployment': 'unrecorded deployments',
  'gate-bypassed': 'past the gate',
};

/** `shop (prod): 12 new, 1 newly exploited; worst: CVE-2026-1 (critical, exploited) is known of …`; the only one in its own words. */
export function messageOf({ service, environment, total, counts, changes }: Group): string {
  const worst = clip(changes[0]?.message ?? '', 400);
  if (total === 1) return worst;
  const place = service === null ? '' : `${service}${environment === null ? '' : ` (${environment})`}: `;
  const each = changeKinds
    .filter((kind) => (counts[kind] ?? 0) > 0)
    .map((kind) => `${counts[kind]} ${nouns[kind] ?? kind.replaceAll('-', ' ')}`);
  return `${place}${each.join(', ')}; worst: ${worst}`;
}
