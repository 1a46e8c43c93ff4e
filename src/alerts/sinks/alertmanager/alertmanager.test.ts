// The real Alertmanager is in test/alerts/alertmanager.test.ts.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AlertEvent, KvittoEvent } from '../../../model/event.ts';
import { type Reply, startHttpReceiver } from '../../testing/http-receiver.ts';
import { sampleAlert, sampleAlerts, sampleEvents } from '../../testing/sample-events.ts';
import { acceptSink, sinkContext } from '../../testing/sink-acceptance.ts';
import type { ApiAlert } from './api-alert.ts';
import { alertmanager } from './index.ts';

acceptSink(alertmanager, {
  settings: (port) => ({
    url: `http://127.0.0.1:${port}/alertmanager`,
    auth: { user: 'kvitto', password: { env: 'KVITTO_TEST_AM' } },
  }),
  secrets: { KVITTO_TEST_AM: 'am/secret+4711' },
  events: sampleAlerts(),
  receive: async (most) => {
    const ids: string[] = [];
    const receiver = await startHttpReceiver(({ body }) => {
      if (ids.length >= most) return { status: 500 };
      ids.push((JSON.parse(body) as ApiAlert[]).at(-1)?.annotations['event'] ?? '');
      return { status: 200 };
    });
    return { port: receiver.port, ids: () => ids, stop: receiver.stop };
  },
});

const at = '2026-08-21T11:00:00.000Z';
const now = new Date('2026-08-21T11:00:05.000Z');
const nextWeek = '2026-08-28T11:00:05.000Z';

/** An alert of the sample's thread. */
function alert(number: number, state: AlertEvent['state'], more: Partial<AlertEvent> = {}): AlertEvent {
  return { ...sampleAlert(state, number), id: `${number}-${state}`, alert: number, at, ...more };
}

/** What is posted for each of these events, one after the other; the last status is answered again and again. */
async function posted(events: readonly KvittoEvent[], raw = {}, statuses: readonly number[] = [200]) {
  const receiver = await startHttpReceiver(
    (_, number): Reply => ({ status: statuses[number - 1] ?? statuses.at(-1) ?? 200, body: '"why"' }),
  );
  const place = `http://127.0.0.1:${receiver.port}`;
  try {
    const context = { ...sinkContext(), now: () => now };
    const delivery = await alertmanager.deliver(events, alertmanager.settings.parse({ url: place, ...raw }), context);
    const bodies = receiver.got.map(({ body }) => JSON.parse(body) as ApiAlert[]);
    const { stopped } = delivery;
    const told = stopped === null ? null : { ...stopped, message: stopped.message.replace(place, 'PLACE') };
    return { bodies, got: receiver.got, delivery: { ...delivery, stopped: told }, memory: context.memory };
  } finally {
    await receiver.stop();
  }
}

/** The alerts of a body as severity and end. */
function brief(body: readonly ApiAlert[]): string[] {
  return body.map(
    ({ labels, endsAt }) => `${labels['severity']} ${labels['owner']} ${endsAt === nextWeek ? 'open' : endsAt}`,
  );
}

test('an alert is posted with labels for the machine and annotations for people', async () => {
  const { bodies, got, delivery } = await posted([alert(7, 'raised')], {
    labels: { cluster: 'eu-1', severity: 'mine' },
  });
  assert.deepEqual(delivery, { delivered: 1, stopped: null });
  assert.deepEqual(
    got.map(({ method, path, headers }) => [method, path, headers['content-type']]),
    [['POST', '/api/v2/alerts', 'application/json']],
  );
  const change =
    'critical, exploited, pkg:deb/debian/openssl@3.0.15-1~deb12u1?arch=amd64&distro=debian-12, fixed in 3.0.17-1~deb12u2, 3 deployments';
  assert.deepEqual(bodies, [
    [
      {
        labels: {
          cluster: 'eu-1',
          job: 'kvitto',
          alertname: 'production',
          service: 'shop',
          environment: 'production',
          severity: 'critical',
          owner: 'team-shop',
          thread: 'production/shop/production',
        },
        annotations: {
          summary: 'alert 4931584 raised: 2 changes of shop in production',
          description: `2 changes: 1 exploited, 1 new\n- CVE-2026-1000 exploited, ${change}\n- CVE-2026-1000 new, ${change}`,
          acknowledge: 'kvitto ack 7 --by ROLE --note TEXT',
          event: '7-raised',
        },
        generatorURL: 'https://kvitto.example/events/7-raised',
        startsAt: '2026-08-21T10:30:00.000Z',
        endsAt: nextWeek,
      },
    ],
  ]);
});

test('it ends when the last alert of its thread is resolved, and not before', async () => {
  const { bodies, memory, delivery } = await posted([
    alert(1, 'raised'),
    alert(2, 'raised'),
    alert(1, 'raised'),
    alert(2, 'acknowledged'),
    alert(1, 'resolved'),
    alert(2, 'resolved'),
    alert(2, 'resolved'),
  ]);
  assert.deepEqual(delivery, { delivered: 7, stopped: null });
  const open = ['critical team-shop open'];
  // A minute earlier than it was known: the other clock may be behind.
  const over = ['critical team-shop 2026-08-21T10:59:00.000Z'];
  assert.deepEqual(bodies.map(brief), [open, open, open, open, over, over]);
  assert.equal(await memory.get('production/shop/production'), null);
  assert.equal(bodies[3]?.[0]?.annotations['acknowledged'], 'alert 2 by on-call');
});

test('a worse severity or another owner makes another alert of it: the former one is ended', async () => {
  const { bodies } = await posted([
    alert(1, 'raised', { severity: 'high' }),
    alert(2, 'raised', { severity: 'critical' }),
    alert(3, 'escalated', { severity: 'low', owner: 'team-b' }),
    alert(1, 'resolved', { severity: 'high' }),
    alert(2, 'resolved', { severity: 'critical' }),
    alert(3, 'resolved', { severity: 'low', owner: null }),
  ]);
  const over = '2026-08-21T10:59:00.000Z';
  assert.deepEqual(bodies.map(brief), [
    ['high team-shop open'],
    [`high team-shop ${over}`, 'critical team-shop open'],
    [`critical team-shop ${over}`, 'critical team-b open'],
    [`critical team-b ${over}`],
  ]);
});

test('what is over does not begin again when it is acknowledged', async () => {
  const { bodies, delivery } = await posted([alert(1, 'raised'), alert(1, 'resolved'), alert(1, 'acknowledged')]);
  assert.deepEqual([bodies.length, delivery], [2, { delivered: 3, stopped: null }]);
});

test('what is no alert is passed over', async () => {
  const events = sampleEvents();
  const { bodies, delivery } = await posted(events);
  assert.deepEqual(delivery, { delivered: events.length, stopped: null });
  assert.equal(bodies.length, events.filter(({ type }) => type === 'alert').length);
});

test('what its validation does not accept is refused, and is not remembered', async () => {
  const { delivery, memory } = await posted(
    [alert(1, 'raised'), alert(2, 'raised', { thread: 'another' })],
    {},
    [200, 400],
  );
  assert.deepEqual(delivery, { delivered: 1, stopped: { why: 'refused', message: 'PLACE answered 400: "why"' } });
  assert.deepEqual(
    [await memory.get('production/shop/production'), await memory.get('another')],
    ['{"open":[1],"severity":"critical","owner":"team-shop"}', null],
  );
});

test('a thread of very many alerts, or with a memory that is none, is told all the same', async () => {
  const raised = Array.from({ length: 150 }, (_, index) =>
    alert(1_000_000_000_000 + index, 'raised', { owner: '"'.repeat(500) }),
  );
  const { delivery, memory } = await posted(raised);
  assert.deepEqual(delivery, { delivered: 150, stopped: null });
  const kept = (await memory.get('production/shop/production')) ?? '';
  assert.ok(kept.length <= 2000, `${kept.length} characters`);
  for (const nonsense of [
    '',
    '{',
    'null',
    '[]',
    '{"open":["x"],"severity":"high","owner":null}',
    '{"open":[1],"severity":"__proto__","owner":null}',
  ]) {
    const receiver = await startHttpReceiver(() => ({ status: 200 }));
    const context = sinkContext();
    await context.memory.set('production/shop/production', nonsense);
    const settings = alertmanager.settings.parse({ url: `http://127.0.0.1:${receiver.port}` });
    assert.deepEqual(await alertmanager.deliver([alert(1, 'resolved')], settings, context), {
      delivered: 1,
      stopped: null,
    });
    assert.equal(receiver.got.length, 1, nonsense);
    await receiver.stop();
  }
});
