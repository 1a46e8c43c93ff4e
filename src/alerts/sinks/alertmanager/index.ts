import { z } from 'zod';
import type { AlertEvent } from '../../../model/event.ts';
import { below } from '../../http/address.ts';
import { endpoint, span } from '../../http/endpoint.ts';
import { type Stopped, stoppedBy } from '../../http/judge.ts';
import { ownLabels } from '../../http/labels.ts';
import { type Line, withLine } from '../../http/post.ts';
import type { Sink, SinkContext } from '../../sink.ts';
import { type ApiAlert, annotationsOf, labelsOf } from './api-alert.ts';
import { kept, stateOf, type ThreadState, withAlert } from './thread-state.ts';

const day = 86_400_000;
/** What its validation does not accept, it never will. */
const refused: ReadonlySet<number> = new Set([400, 413, 422]);
/** An end that is still to come by Alertmanager's own clock is none, and the one of `hold` would stay. */
const clockDifferenceMs = 60_000;

const settings = z.strictObject({
  ...endpoint,
  /** Alertmanager forgets by itself what it is not told again. */
  hold: span(60_000, 366 * day).default(7 * day),
  labels: ownLabels,
});
type Settings = z.output<typeof settings>;

/**
 * Raises and ends alerts of Alertmanager, one for each thread: it ends when the last alert of its thread is resolved. Other events than alerts
 * are nothing to it, and are passed over.
 */
export const alertmanager: Sink<Settings> = {
  id: 'alertmanager',
  summary: 'Alerts by the API of Prometheus Alertmanager, one for each thread',
  settings,
  // It is a machine; but alerts are all that it understands.
  audience: 'people',
  mostAtOnce: 100,
  deliver: (events, config, context) =>
    withLine(config, context, async (line) => {
      for (const [delivered, event] of events.entries()) {
        const stopped = event.type === 'alert' ? await tell(event, config, context, line) : null;
        if (stopped !== null) return { delivered, stopped };
      }
      return { delivered: events.length, stopped: null };
    }),
};

/** Sends first and remembers then: after a kill between the two, the same is sent again. */
async function tell(event: AlertEvent, config: Settings, context: SinkContext, line: Line): Promise<Stopped | null> {
  const { memory } = context;
  const state = stateOf(await memory.get(event.thread));
  const next = nextOf(event, state);
  if (next === 'nothing') return null;
  const alerts = alertsOf(event, state, next, config, context);
  const stopped = alerts.length === 0 ? null : await post(alerts, line);
  if (stopped === null) await memory.set(event.thread, next === null ? null : kept(next));
  return stopped;
}

/** What is to stand of the thread after the event; null: nothing any more. */
function nextOf(event: AlertEvent, state: ThreadState | null): ThreadState | null | 'nothing' {
  switch (event.state) {
    case 'raised':
    case 'escalated':
      return withAlert(state, event);
    case 'acknowledged':
      // Told again, one that is over would begin anew.
      return state?.open.includes(event.alert) === true ? state : 'nothing';
    case 'resolved': {
      const open = state?.open.filter((alert) => alert !== event.alert) ?? [];
      return state === null || open.length === 0 ? null : { ...state, open };
    }
  }
}

function alertsOf(
  event: AlertEvent,
  state: ThreadState | null,
  next: ThreadState | null,
  { hold, labels: own }: Settings,
  { now, link }: SinkContext,
): ApiAlert[] {
  const address = link(event);
  const common = {
    annotations: annotationsOf(event),
    ...(address === null ? {} : { generatorURL: address }),
  };
  const began = Date.parse(event.raised);
  const over = Math.max(began, Date.parse(event.at) - clockDifferenceMs);
  const one = (labels: Record<string, string>, endsAt: number): ApiAlert => ({
    labels,
    ...common,
    startsAt: event.raised,
    endsAt: new Date(endsAt).toISOString(),
  });
  const before = state === null ? null : labelsOf(event, state, own);
  if (next === null) return [one(before ?? labelsOf(event, event, own), over)];
  // Others of the thread are open: it stays as it is.
  if (event.state === 'resolved') return [];
  const labels = labelsOf(event, next, own);
  const stays = before === null || JSON.stringify(before) === JSON.stringify(labels);
  return [...(stays ? [] : [one(before, over)]), one(labels, Math.max(now().getTime(), began) + hold)];
}

async function post(alerts: readonly ApiAlert[], line: Line): Promise<Stopped | null> {
  const url = below(line.url, '/api/v2/alerts');
  const headers = { 'content-type': 'application/json' };
  return stoppedBy(await line.send({ url, headers, body: JSON.stringify(alerts) }), line, refused);
}
