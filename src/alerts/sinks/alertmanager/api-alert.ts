import type { AlertEvent, ChangeEvent } from '../../../model/event.ts';
import { clip } from '../../../model/problem.ts';
import { labelled } from '../../http/labels.ts';
import type { ThreadState } from './thread-state.ts';

/** `postableAlert` of Alertmanager's API v2. https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml */
export interface ApiAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL?: string;
}

const mostChanges = 10;

/** An alert of Alertmanager is known by its labels: none of them may change while it stands. */
export function labelsOf(
  event: AlertEvent,
  { severity, owner }: Pick<ThreadState, 'severity' | 'owner'>,
  own: Readonly<Record<string, string>>,
): Record<string, string> {
  const { rule, service, environment, thread } = event;
  return { ...own, ...labelled({ job: 'kvitto', alertname: rule, service, environment, severity, owner, thread }) };
}

/** Words for people. They may change as the alert does. */
export function annotationsOf(event: AlertEvent): Record<string, string> {
  const { id, alert, message, state, acknowledgedBy } = event;
  const open = state === 'raised' || state === 'escalated';
  return {
    summary: clip(message),
    description: descriptionOf(event),
    ...(open ? { acknowledge: `kvitto ack ${alert} --by ROLE --note TEXT` } : {}),
    ...(state === 'escalated' ? { escalated: `nobody acknowledged alert ${alert} in time` } : {}),
    ...(acknowledgedBy === null ? {} : { acknowledged: `alert ${alert} by ${clip(acknowledgedBy)}` }),
    event: id,
  };
}

/** What changed: how much of each kind, then the worst. */
function descriptionOf({ total, counts, changes }: AlertEvent): string {
  const kinds = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
  const shown = changes.slice(0, mostChanges);
  const more = total - shown.length;
  return [
    `${total} ${total === 1 ? 'change' : 'changes'}: ${kinds.join(', ')}`,
    ...shown.map(lineOf),
    ...(more > 0 ? [`and ${more} more`] : []),
  ].join('\n');
}

function lineOf({ change, subject, component, after, deployments }: ChangeEvent): string {
  const { severity = null, exploited = false, fixedIn = null } = after ?? {};
  const words = [
    clip(`${subject} ${change}`),
    ...(severity === null ? [] : [severity]),
    ...(exploited ? ['exploited'] : []),
    ...(component === null ? [] : [clip(component)]),
    ...(fixedIn === null ? [] : [`fixed in ${clip(fixedIn)}`]),
    `${deployments} deployments`,
  ];
  return `- ${words.join(', ')}`;
}
