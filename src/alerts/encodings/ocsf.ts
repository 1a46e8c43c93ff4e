import type { AlertEvent, ChangeEvent, DecisionEvent, KvittoEvent, VerdictEvent } from '../../model/event.ts';
import { type EncodingContext, toolVersion } from './context.ts';
import { affectedPackages, ocsfVulnerability } from './ocsf-vulnerability.ts';
import { ownFields } from './own-fields.ts';
import { type Holed, type JsonObject, pruned } from './pruned.ts';
import { type Weight, weightOf } from './weight.ts';

type Holes = { readonly [key: string]: Holed };

/** The schema whose dictionary the tests hold every field against: https://schema.ocsf.io */
const ocsfVersion = '1.9.0-dev';

const severities: Readonly<Record<Weight, { readonly severity_id: number; readonly severity: string }>> = {
  unknown: { severity_id: 0, severity: 'Unknown' },
  info: { severity_id: 1, severity: 'Informational' },
  low: { severity_id: 2, severity: 'Low' },
  medium: { severity_id: 3, severity: 'Medium' },
  high: { severity_id: 4, severity: 'High' },
  critical: { severity_id: 5, severity: 'Critical' },
};

const classes = {
  base: { uid: 0, name: 'Base Event', category: 0, categoryName: 'Uncategorized' },
  vulnerability: { uid: 2002, name: 'Vulnerability Finding', category: 2, categoryName: 'Findings' },
  compliance: { uid: 2003, name: 'Compliance Finding', category: 2, categoryName: 'Findings' },
  detection: { uid: 2004, name: 'Detection Finding', category: 2, categoryName: 'Findings' },
} as const;

const activities = { 1: 'Create', 2: 'Update', 3: 'Close' } as const;

interface Classified {
  readonly of: keyof typeof classes;
  /** Of findings; a base event names its own. */
  readonly activity: keyof typeof activities | string;
  readonly status?: readonly [id: number, name: string];
  readonly fields?: Holes;
}

/**
 * An event in the Open Cybersecurity Schema Framework: changes of vulnerabilities, and decisions about them, are Vulnerability Findings (2002); verdicts
 * of the gate Compliance Findings (2003); all other changes, and alerts, Detection Findings (2004); what is no finding is a Base Event (0). What no attribute
 * fits stands under `unmapped`.
 */
export function ocsfOf(event: KvittoEvent, context: EncodingContext): JsonObject {
  const { of, activity, status, fields } = classified(event, context);
  const { uid, name, category, categoryName } = classes[of];
  const activityId = typeof activity === 'number' ? activity : 99;
  const activityName = typeof activity === 'number' ? activities[activity] : activity;
  return pruned({
    time: Date.parse(event.at),
    message: event.message,
    class_uid: uid,
    class_name: name,
    category_uid: category,
    category_name: categoryName,
    activity_id: activityId,
    activity_name: activityName,
    type_uid: uid * 100 + activityId,
    type_name: `${name}: ${activityId === 99 ? 'Other' : activityName}`,
    ...severities[weightOf(event)],
    status_id: status?.[0],
    status: status?.[1],
    metadata: {
      version: ocsfVersion,
      uid: event.id,
      event_code: event.type,
      log_name: 'kvitto',
      original_time: event.at,
      sequence: event.entry,
      correlation_uid: event.type === 'alert' ? event.thread : null,
      product: { name: 'Kvitto', vendor_name: 'Kvitto', version: toolVersion(context) },
    },
    ...fields,
    unmapped: { kvitto: ownFields(event), actor: event.actor, service: event.service, environment: event.environment },
  });
}

function classified(event: KvittoEvent, context: EncodingContext): Classified {
  switch (event.type) {
    case 'change':
      return changed(event, context);
    case 'alert':
      return alerted(event, context);
    case 'verdict':
      return judged(event, context);
    case 'decision':
      return decided(event, context);
    case 'scan':
    case 'observation':
    case 'rescan':
      return { of: 'base', activity: event.type };
    case 'deployment':
      return { of: 'base', activity: `deployment ${event.action}` };
    case 'ledger':
      return { of: 'base', activity: event.action };
  }
}

/** What a finding is the same by, from its beginning to its end. */
function findingUid(...parts: readonly (string | number | null)[]): string {
  return parts.map((part) => part ?? '-').join('|');
}

const resolved = [4, 'Resolved'] as const;
const open = [99, 'Open'] as const;

function changed(event: ChangeEvent, context: EncodingContext): Classified {
  const { change, state, subject, service, environment, component, vulnerability } = event;
  const about = vulnerability !== null && (event.before ?? event.after) !== null ? 'vulnerability' : change;
  const isFinding = about === 'vulnerability';
  const isOver = state === 'ended' || change === 'gone' || change === 'withdrawn';
  const activity = isFinding ? (change === 'new' ? 1 : isOver && state === 'began' ? 3 : 2) : isOver ? 3 : 1;
  const status = change === 'withdrawn' ? ([6, 'Deleted'] as const) : activity === 3 ? resolved : open;
  const info = {
    uid: findingUid(about, service, environment, component, isFinding ? (vulnerability?.id ?? null) : subject),
    title: event.message,
    types: [change],
    first_seen_time: event.since === null ? null : Date.parse(event.since),
    src_url: context.link(event),
    analytic: { name: change, type_id: 1, type: 'Rule' },
  };
  const named = vulnerability === null ? null : [ocsfVulnerability(event, vulnerability)];
  const fields = { finding_info: info, resources: resourcesOf(event, event.artifact), vulnerabilities: named };
  return { of: vulnerability === null ? 'detection' : 'vulnerability', activity, status, fields };
}

function alerted(event: AlertEvent, context: EncodingContext): Classified {
  const activity = event.state === 'raised' ? 1 : event.state === 'resolved' ? 3 : 2;
  const statuses = {
    raised: [1, 'New'],
    escalated: [1, 'New'],
    acknowledged: [2, 'In Progress'],
    resolved,
  } as const;
  const info = {
    uid: `alert-${event.alert}`,
    title: event.message,
    created_time: Date.parse(event.raised),
    src_url: context.link(event),
    analytic: { name: event.rule, type_id: 1, type: 'Rule' },
    related_events: event.changes.map((c) => ({
      uid: c.id,
      title: c.message,
      type: c.change,
      severity_id: severities[weightOf(c)].severity_id,
    })),
    related_events_count: event.total,
  };
  const fields = { finding_info: info, resources: resourcesOf(event, null), is_alert: activity !== 3 };
  return { of: 'detection', activity, status: statuses[event.state], fields };
}

/** A policy is held against an artifact. Nothing here says that anything complies with a law or a standard. */
function judged(event: VerdictEvent, context: EncodingContext): Classified {
  const [status_id, status] = { pass: [1, 'Pass'], fail: [3, 'Fail'], 'cannot-say': [0, 'Unknown'] }[event.verdict];
  const fields = {
    finding_info: {
      uid: findingUid('verdict', event.service, event.environment, event.artifact),
      title: event.message,
      src_url: context.link(event),
    },
    compliance: {
      control: 'Kvitto gate',
      requirements: event.policy === null ? null : [event.policy],
      status_id,
      status,
    },
    resources: resourcesOf(event, event.artifact),
  };
  return { of: 'compliance', activity: 1, status: event.verdict === 'pass' ? resolved : [1, 'New'], fields };
}

const decisionStatuses: Readonly<Record<string, readonly [number, string]>> = {
  not_affected: [3, 'Suppressed'],
  under_investigation: [2, 'In Progress'],
  fixed: resolved,
};

function decided(event: DecisionEvent, context: EncodingContext): Classified {
  const { vulnerability, service, environment, component, artifact, status } = event;
  const fields = {
    finding_info: {
      uid: findingUid('vulnerability', service, environment, component, vulnerability),
      title: event.message,
      types: ['decision'],
      src_url: context.link(event),
    },
    vulnerabilities: [
      {
        ...(vulnerability.startsWith('CVE-') ? { cve: { uid: vulnerability } } : { advisory: { uid: vulnerability } }),
        affected_packages: affectedPackages(component, null),
      },
    ],
    resources: resourcesOf(event, artifact),
  };
  const known = Object.hasOwn(decisionStatuses, status) ? decisionStatuses[status] : undefined;
  return { of: 'vulnerability', activity: 2, status: known ?? [99, status], fields };
}

function resourcesOf({ service, environment }: KvittoEvent, artifact: string | null): Holes[] | null {
  if (service === null && environment === null && artifact === null) return null;
  const type = artifact === null ? 'service' : 'artifact';
  const tags = environment === null ? null : [{ name: 'environment', value: environment }];
  return [{ name: service, uid: artifact, type, tags, role_id: 3, role: 'Affected' }];
}
