import { severityLevels } from '../../model/advisory.ts';
import type { ChangeEvent } from '../../model/event.ts';
import { conditionKinds } from '../document-shapes.ts';
import type { AlertAcknowledged, AlertEscalated, AlertsRaised, AlertsResolved } from '../fact.ts';
import { readAlert } from '../read-documents.ts';
import type { ApplyContext, At } from './context.ts';
import { among, parts } from './interned.ts';

/** Most alerts of one entry: an alert's number is its entry's times this, plus its place. */
export const mostAlerts = 4_096;

const ofConditions: ReadonlySet<string> = new Set(conditionKinds);

/** What has to be gone for the alert to be resolved; null where nothing can go: a deployment that bypassed the gate did so. */
function subjectOf({ change, subject, component, vulnerability }: ChangeEvent) {
  if (ofConditions.has(change)) return { component: null, vulnerability: null, condition: `${change} ${subject}` };
  if (component === null || vulnerability === null) return null;
  return { component, vulnerability: vulnerability.id, condition: null };
}

export async function applyAlerts(
  { rows, documents }: ApplyContext,
  { index, recorded }: At,
  fact: AlertsRaised,
): Promise<void> {
  for (const [place, digest] of fact.alerts.entries()) {
    const alert = readAlert(await documents.get(digest), digest);
    const id = index * mostAlerts + place;
    rows.add('alert', {
      id,
      rule: alert.rule,
      thread: alert.thread,
      service: alert.service,
      environment: alert.environment,
      severity: severityLevels.indexOf(alert.severity),
      exploited: alert.exploited ? 1 : 0,
      total: alert.total,
      document: digest,
      known_from: recorded,
      escalate_at: alert.escalate === null ? null : Date.parse(alert.escalate.at),
      escalated: null,
      acknowledged: null,
      acknowledged_at: null,
      acknowledged_by: null,
      resolved: null,
      resolved_at: null,
    });
    for (const [at, change] of alert.changes.entries()) {
      const subject = subjectOf(change);
      if (subject !== null) rows.add('alert_subject', { alert: id, place: at, ...subject });
    }
  }
}

export async function applyAcknowledgement(
  { tx, rows }: ApplyContext,
  { index, recorded, actor }: At,
  fact: AlertAcknowledged,
): Promise<void> {
  await rows.flush();
  // The first counts: who acknowledges after it did not know first.
  await tx
    .updateTable('alert')
    .set({ acknowledged: index, acknowledged_at: recorded, acknowledged_by: actor })
    .where('id', '=', fact.alert)
    .where('acknowledged', 'is', null)
    .execute();
}

export async function applyEscalation({ tx, rows }: ApplyContext, { index }: At, fact: AlertEscalated): Promise<void> {
  await rows.flush();
  await tx.updateTable('alert').set({ escalated: index }).where('id', '=', fact.alert).execute();
}

export async function applyResolution(
  { tx, rows, database }: ApplyContext,
  { index, recorded }: At,
  fact: AlertsResolved,
): Promise<void> {
  await rows.flush();
  for (const part of parts(fact.alerts)) {
    await tx
      .updateTable('alert')
      .set({ resolved: index, resolved_at: recorded })
      .where(among(database, 'id', part))
      .execute();
  }
}
