import { type Previewed, previewRules } from '../../../alerts/rules/preview.ts';
import { formatInstant, parseInstant } from '../../../ledger/instant.ts';
import { severityLevels } from '../../../model/advisory.ts';
import { alertConfigFrom } from '../../alert-config.ts';
import type { Answer, View } from '../../answers/answer.ts';
import { grid } from '../../answers/grid.ts';
import { many, minute, when } from '../../answers/words.ts';
import type { CallContext } from '../../call-context.ts';
import { parseDuration } from '../../environment.ts';
import type { LedgerFlags } from '../../ledger-options.ts';
import { ask } from '../ask/question.ts';
import { eventSource } from './event-source.ts';

const mostWorst = 20;

interface Count {
  alerts: number;
  changes: number;
}

/** What a preview counts. */
class Tally {
  readonly rules = new Map<string, Count>();
  readonly sinks = new Map<string, Count>();
  readonly services = new Map<string, Count>();
  readonly all: Count = { alerts: 0, changes: 0 };
  worst: Previewed[] = [];

  constructor(rules: readonly string[], sinks: readonly string[]) {
    for (const rule of rules) this.rules.set(rule, { alerts: 0, changes: 0 });
    for (const sink of sinks) this.sinks.set(sink, { alerts: 0, changes: 0 });
  }

  add(one: Previewed): void {
    const { rule, send, service, environment, total } = one.alert;
    const place = service === null ? '(no service)' : `${service}${environment === null ? '' : ` (${environment})`}`;
    count(this.rules, rule, total);
    count(this.services, place, total);
    for (const sink of send) count(this.sinks, sink, total);
    this.all.alerts += 1;
    this.all.changes += total;
    this.worst = [...this.worst, one].sort(worseFirst).slice(0, mostWorst);
  }
}

function count(into: Map<string, Count>, name: string, changes: number): void {
  const known = into.get(name) ?? { alerts: 0, changes: 0 };
  known.alerts += 1;
  known.changes += changes;
  into.set(name, known);
}

function worseFirst({ at, alert: a }: Previewed, { at: other, alert: b }: Previewed): number {
  return (
    Number(b.exploited) - Number(a.exploited) ||
    severityLevels.indexOf(a.severity) - severityLevels.indexOf(b.severity) ||
    b.total - a.total ||
    at - other
  );
}

/** `kvitto alerts preview --since 30d`: what the rules of kvitto.yaml would have sent. Writes nothing. */
export async function previewCommand(
  flags: LedgerFlags & { readonly since: string; readonly config?: string },
  context: CallContext,
): Promise<number> {
  const config = alertConfigFrom(flags.config);
  return await ask('alerts preview', flags, context, async (ledger, { present, progress }) => {
    const isLength = /^\d+[smhd]$/.test(flags.since);
    const from = isLength ? present - parseDuration(flags.since, '--since') : parseInstant(flags.since, '--since');
    const source = eventSource(ledger, config.owners);
    const names = { rules: config.rules.map((r) => r.name), sinks: config.sinks.map((s) => s.name) };
    const tally = new Tally(names.rules, names.sinks);
    progress.step('going through what was recorded');
    for await (const one of previewRules(ledger, source, config, { from, until: present })) tally.add(one);
    return answerOf(tally, from, present);
  });
}

function answerOf(tally: Tally, from: number, until: number): Answer {
  const { all, worst } = tally;
  const counts = (map: ReadonlyMap<string, Count>) =>
    [...map].map(([name, { alerts, changes }]) => ({ name, alerts, changes }));
  return {
    document: {
      schema: 'kvitto-alerts-preview-1',
      from: formatInstant(from),
      until: formatInstant(until),
      ...all,
      rules: counts(tally.rules),
      sinks: counts(tally.sinks),
      services: counts(tally.services),
      worst: worst.map(({ at, alert }) => ({ at: formatInstant(at), ...alert, changes: alert.changes.slice(0, 3) })),
    },
    lines: (view) => [
      view.paint.heading(
        `From ${when(from)} to ${when(until)} UTC these rules would have raised ${many(all.alerts, 'alert')} of ${many(all.changes, 'change')}`,
      ),
      ...table('RULE', tally.rules, view),
      ...table('SINK', tally.sinks, view),
      ...(all.alerts === 0 ? [] : table('SERVICE', tally.services, view)),
      ...(worst.length === 0 ? [] : ['', view.paint.heading('The worst')]),
      ...worst
        .slice(0, 10)
        .map(
          ({ at, alert }) => `  ${minute(at)}  ${alert.rule} → ${alert.send.join(', ') || 'nobody'}: ${alert.message}`,
        )
        .map((line) => line.slice(0, view.columns * 2)),
      '',
      'Nothing was recorded or sent. Escalations depend on people, and are left out.',
    ],
  };
}

function table(head: string, of: ReadonlyMap<string, Count>, view: View): string[] {
  if (of.size === 0) return [];
  const rows = [...of].map(([name, { alerts, changes }]) => [name, String(alerts), String(changes)]);
  rows.sort((a, b) => Number(b[1]) - Number(a[1]));
  return ['', ...grid([{ head, flexible: true }, { head: 'ALERTS' }, { head: 'CHANGES' }], rows, view)];
}
