import type { Told } from '../../alerts/told.ts';
import { wrap } from '../../formats/terminal-text.ts';
import { formatInstant, type Instant } from '../../ledger/instant.ts';
import type { Acknowledgement, AlertHistory, AlertRef, Alerts } from '../../ledger/queries/alerts.ts';
import { clip } from '../../model/problem.ts';
import type { Answer, View } from './answer.ts';
import { grid } from './grid.ts';
import { componentWords, many, minute, moreRows, when } from './words.ts';

const hourMs = 3_600_000;

/** `kvitto alerts`. */
export function alertsAnswer({ at, total, alerts }: Alerts, all: boolean): Answer {
  const what = all ? 'alert' : 'open alert';
  return {
    document: { schema: 'kvitto-alerts-1', at: formatInstant(at), total, alerts: alerts.map(alertDocument) },
    lines: (view) => [
      view.paint.heading(`${total === 0 ? `No ${what}s` : many(total, what)} on ${when(at)} UTC`),
      ...(alerts.length === 0 ? [] : ['', ...alertGrid(alerts, view)]),
      ...(total > alerts.length ? [moreRows(total - alerts.length)] : []),
      '',
      alerts.length === 0
        ? `Next: ${all ? 'kvitto alerts preview --since 30d   what the rules would have raised' : 'kvitto alerts --all   those that are over, too'}`
        : `Next: kvitto alerts show ${alerts[0]?.alert}   everything about the first; kvitto ack NUMBER --by ROLE --note "…"`,
    ],
  };
}

/** An alert as a document: times as RFC 3339. */
export function alertDocument({ raised, escalateAt, acknowledged, resolved, ...rest }: AlertRef): object {
  return {
    ...rest,
    state: stateOf({ acknowledged, resolved }),
    raised: formatInstant(raised),
    escalateAt: escalateAt === null ? null : formatInstant(escalateAt),
    acknowledged: acknowledged === null ? null : { ...acknowledged, at: formatInstant(acknowledged.at) },
    resolved: resolved === null ? null : { ...resolved, at: formatInstant(resolved.at) },
  };
}

function stateOf({ acknowledged, resolved }: Pick<AlertRef, 'acknowledged' | 'resolved'>): string {
  if (resolved !== null) return 'resolved';
  return acknowledged === null ? 'open' : 'acknowledged';
}

/** Alerts as a table. */
export function alertGrid(alerts: readonly AlertRef[], view: View): string[] {
  return grid(
    [
      { head: 'NO.' },
      { head: 'RAISED (UTC)' },
      { head: 'SEVERITY' },
      { head: 'RULE', flexible: true },
      { head: 'SERVICE', flexible: true },
      { head: 'CHANGES' },
      { head: 'STATE', flexible: true },
      { head: 'WHAT', flexible: true },
    ],
    alerts.map((a) => [
      String(a.alert),
      minute(a.raised),
      `${a.severity}${a.exploited ? ' EXPLOITED' : ''}`,
      a.rule,
      placeWords(a),
      String(a.total),
      `${stateOf(a)}${a.escalated !== null && a.acknowledged === null && a.resolved === null ? ', escalated' : ''}`,
      a.message,
    ]),
    view,
  );
}

function placeWords({ service, environment }: Pick<AlertRef, 'service' | 'environment'>): string {
  return service === null ? '-' : `${service}${environment === null ? '' : ` (${environment})`}`;
}

/** Both moments, and what would run from them: whether anything must be reported is for people to say. */
export function clockLines(
  raised: Instant,
  aware: { readonly by: string; readonly at: Instant } | null,
  exploited: boolean,
): string[] {
  return [
    `Raised        ${when(raised)} UTC   the signal`,
    aware === null
      ? 'Acknowledged  by nobody yet'
      : `Acknowledged  ${when(aware.at)} UTC by ${aware.by}   from then on somebody knew`,
    ...(exploited && aware !== null
      ? [
          `If it must be reported: 24 hours end ${when(aware.at + 24 * hourMs)} UTC, 72 hours end ${when(aware.at + 72 * hourMs)} UTC`,
          '  Counted from the acknowledgement. Whether it must be, and whether somebody knew before, is for you to say.',
        ]
      : []),
  ];
}

/** The same as a document. */
export function clockDocument(
  raised: Instant,
  aware: { readonly by: string; readonly at: Instant } | null,
  exploited: boolean,
): object {
  const due = (hours: number) => (aware === null ? null : formatInstant(aware.at + hours * hourMs));
  return {
    raised: formatInstant(raised),
    aware: aware === null ? null : { at: formatInstant(aware.at), by: aware.by },
    ifReportable: exploited ? { hours24: due(24), hours72: due(72) } : null,
  };
}

/** `kvitto alerts show`. */
export function alertAnswer(history: AlertHistory, told: readonly Told[]): Answer {
  const { ref, document, escalation, acknowledgements } = history;
  const clock = [ref.raised, ref.acknowledged, ref.exploited] as const;
  return {
    document: {
      schema: 'kvitto-alert-show-1',
      ...alertDocument(ref),
      thread: ref.thread,
      clock: clockDocument(...clock),
      counts: document.counts,
      send: document.send,
      changes: document.changes,
      told,
      acknowledgements: acknowledgements.map((a) => ({ ...a, at: formatInstant(a.at) })),
      escalation: escalation === null ? null : { ...escalation, at: formatInstant(escalation.at) },
    },
    lines: (view) => showLines(history, told, view),
  };
}

function showLines(
  { ref, document, escalation, acknowledgements }: AlertHistory,
  told: readonly Told[],
  view: View,
): string[] {
  const { changes, total } = document;
  return [
    view.paint.heading(
      `Alert ${ref.alert}: ${ref.severity}${ref.exploited ? ', EXPLOITED' : ''}, rule ${ref.rule}, ${placeWords(ref)}`,
    ),
    ...wrap(ref.message, view.columns),
    '',
    ...clockLines(ref.raised, ref.acknowledged, ref.exploited),
    ...(escalation === null ? [] : [`Escalated     ${when(escalation.at)} UTC (entry ${escalation.entry})`]),
    ...(escalation === null && ref.escalateAt !== null && ref.acknowledged === null && ref.resolved === null
      ? [`Escalates     ${when(ref.escalateAt)} UTC, unless somebody acknowledges it`]
      : []),
    ref.resolved === null
      ? 'Resolved      not yet'
      : `Resolved      ${when(ref.resolved.at)} UTC (entry ${ref.resolved.entry})`,
    `Owner         ${ref.owner ?? 'nobody in kvitto.yaml'}`,
    '',
    view.paint.heading(
      `Changes: ${total.toLocaleString('en-US')}${total > changes.length ? `, the worst ${changes.length} of them` : ''}`,
    ),
    ...grid(
      [
        { head: 'CHANGE' },
        { head: 'VULNERABILITY', flexible: true },
        { head: 'COMPONENT', flexible: true },
        { head: 'SEVERITY' },
        { head: 'FIXED IN', flexible: true },
        { head: 'RUNS SINCE' },
      ],
      changes.map((c) => {
        const state = c.after ?? c.before;
        return [
          c.change,
          c.subject,
          c.component === null ? '' : componentWords(c.component),
          state === null ? '' : `${state.severity}${state.exploited ? ' EXPLOITED' : ''}`,
          c.after?.fixedIn ?? '',
          c.since?.slice(0, 10) ?? '',
        ];
      }),
      view,
    ),
    '',
    view.paint.heading(told.length === 0 ? 'Told: nobody, no sink takes it' : 'Told'),
    ...told.map(
      (t) => `  ${t.sink}: ${t.what}, ${toldWords[t.state]}${t.reason === null ? '' : `: ${clip(t.reason, 300)}`}`,
    ),
    ...(acknowledgements.length === 0 ? [] : ['', view.paint.heading('Who knew')]),
    ...acknowledgements.flatMap((a) => acknowledgementLines(a, view)),
    '',
    ref.acknowledged === null && ref.resolved === null
      ? `Next: kvitto ack ${ref.alert} --by ROLE --note "…"`
      : 'Next: kvitto alerts   what else is open',
  ];
}

const toldWords: Readonly<Record<Told['state'], string>> = {
  delivered: 'delivered',
  waiting: 'waits to be delivered',
  failing: 'not delivered yet, the receiver fails',
  dead: 'given up (kvitto alerts dead)',
  unserved: 'nobody delivers to it yet (kvitto watch does)',
};

function acknowledgementLines({ entry, at, by, note }: Acknowledgement, view: View): string[] {
  const words = note === null ? '' : note.redacted ? ' [words redacted]' : ` "${clip(note.text ?? '', 1000)}"`;
  return wrap(`${when(at)} UTC ${by} (entry ${entry})${words}`, view.columns - 4).map((line) => `  ${line}`);
}
