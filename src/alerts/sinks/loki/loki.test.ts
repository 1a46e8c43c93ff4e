// Against a server of our own: Loki itself was not run.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { KvittoEvent } from '../../../model/event.ts';
import { encodeLineWithin } from '../../encodings/encode.ts';
import { type Got, type Reply, startHttpReceiver } from '../../testing/http-receiver.ts';
import { sampleChange, sampleEvents } from '../../testing/sample-events.ts';
import { acceptSink, sinkContext } from '../../testing/sink-acceptance.ts';
import { loki } from './index.ts';
import { type Lined, type Push, pushOf } from './streams.ts';

const lined = (events: readonly KvittoEvent[]): Lined[] => events.map((event) => ({ event, line: event.id }));

/** Ids of the events in a push, by time and then by place, which is their order where they share streams or not. */
function idsOf({ body }: Got): string[] {
  const { streams } = JSON.parse(body) as Push;
  const lines = streams.flatMap(({ values }) => values);
  const sorted = lines.sort(([a], [b]) => (BigInt(a) < BigInt(b) ? -1 : 1));
  return sorted.map(([, line]) => (JSON.parse(line) as { event: { id: string } }).event.id);
}

acceptSink(loki, {
  settings: (port) => ({
    url: `http://127.0.0.1:${port}`,
    tenant: 'security',
    auth: { user: 'kvitto', password: { env: 'KVITTO_TEST_LOKI' } },
  }),
  secrets: { KVITTO_TEST_LOKI: 'loki/pass:word+1' },
  receive: async (most) => {
    const ids: string[] = [];
    const receiver = await startHttpReceiver((got) => {
      const came = idsOf(got);
      if (ids.length + came.length > most) return { status: 429, body: 'ingestion rate limit exceeded for user' };
      ids.push(...came);
      return { status: 204 };
    });
    return { port: receiver.port, ids: () => ids, stop: receiver.stop };
  },
});

async function deliver(reply: (got: Got) => Reply, events: readonly KvittoEvent[], raw = {}) {
  const receiver = await startHttpReceiver(reply);
  const place = `http://127.0.0.1:${receiver.port}`;
  try {
    const delivery = await loki.deliver(events, loki.settings.parse({ url: place, ...raw }), sinkContext());
    const { stopped } = delivery;
    const told = stopped === null ? null : { ...stopped, message: stopped.message.replace(place, 'PLACE') };
    return { got: receiver.got, delivery: { ...delivery, stopped: told } };
  } finally {
    await receiver.stop();
  }
}

test('a push has one stream for each set of labels, and what the event says stands in the line', async () => {
  const [scan] = sampleEvents();
  const [first, second] = [sampleChange('exploited', 3), sampleChange('gone', 4)];
  assert.ok(scan !== undefined);
  const events = [scan, first, second, { ...first, id: 'again', place: 5 }];
  const { got, delivery } = await deliver(() => ({ status: 204 }), events, {
    tenant: 'a-team',
    labels: { cluster: 'eu-1', job: 'mine', service: 'not this' },
    format: 'json',
  });
  assert.deepEqual(delivery, { delivered: 4, stopped: null });
  assert.deepEqual(
    got.map(({ method, path, headers }) => [
      method,
      path,
      headers['x-scope-orgid'],
      headers['content-type'],
      headers['content-encoding'],
    ]),
    [['POST', '/loki/api/v1/push', 'a-team', 'application/json', 'gzip']],
  );
  const line = (event: KvittoEvent) => encodeLineWithin(250_000, 'json', event, sinkContext());
  const own = { cluster: 'eu-1', job: 'kvitto' };
  const shop = { ...own, service: 'shop', environment: 'production', type: 'change' };
  assert.deepEqual(JSON.parse(got[0]?.body ?? ''), {
    streams: [
      {
        stream: { ...own, service: 'not this', type: 'scan', level: 'low' },
        values: [['1787308200123040000', line(scan)]],
      },
      {
        stream: { ...shop, level: 'critical' },
        values: [
          ['1787308200123040003', line(first)],
          ['1787308200123040005', line({ ...first, id: 'again', place: 5 })],
        ],
      },
      { stream: { ...shop, level: 'info' }, values: [['1787308200123040004', line(second)]] },
    ],
  });
});

test('entries of one moment have times in their order, in whatever streams they are', () => {
  const at = '2026-08-21T10:30:00.123Z';
  const events = [297, 299, 300, 301].map((entry, n) => {
    const one = n % 2 === 0 ? sampleChange('new', 0) : sampleChange('gone', 0);
    return { ...one, id: String(entry), at, entry };
  });
  const { streams } = pushOf(lined(events), {});
  assert.equal(streams.length, 2);
  const values = streams.flatMap((s) => s.values).toSorted(([a], [b]) => (BigInt(a) < BigInt(b) ? -1 : 1));
  assert.deepEqual(
    values.map(([time]) => time),
    ['1787308200123970000', '1787308200123990000', '1787308200123990001', '1787308200123990002'],
  );
  assert.deepEqual(
    values.map(([, line]) => line),
    lined(events).map(({ line }) => line),
  );
});

test('times of a stream rise strictly, whatever the places, and are the same when events come again', () => {
  const change = sampleChange('new', 0);
  const places = fc
    .uniqueArray(fc.nat(30_000), { minLength: 1, maxLength: 50 })
    .map((all) => all.toSorted((a, b) => a - b));
  fc.assert(
    fc.property(places, (all) => {
      const events = all.map((place) => ({ ...change, id: String(place), place }));
      const push = pushOf(lined(events), {});
      const times = push.streams[0]?.values.map(([at]) => BigInt(at)) ?? [];
      assert.equal(times.length, all.length);
      for (const [index, at] of times.entries()) if (index > 0) assert.ok(at > (times[index - 1] ?? at));
      assert.deepEqual(pushOf(lined(events), {}), push);
      // A part that comes again has the times that it had.
      const some = events.filter(({ place }) => place < 9_999).slice(1);
      const again = pushOf(lined(some), {}).streams[0]?.values ?? [];
      assert.deepEqual(again, push.streams[0]?.values.slice(1, 1 + some.length));
    }),
  );
});

test('the number of streams does not grow with vulnerabilities', () => {
  const events = Array.from({ length: 500 }, (_, index) => ({
    ...sampleChange('new', index),
    subject: `CVE-2026-${index}`,
    component: `pkg:npm/a${index}@1`,
  }));
  const push = pushOf(lined(events), {});
  assert.deepEqual(
    push.streams.map(({ stream, values }) => [stream, values.length]),
    [[{ job: 'kvitto', service: 'shop', environment: 'production', type: 'change', level: 'critical' }, 500]],
  );
});

test('the one entry that Loki will never take is found and refused', async () => {
  const events = sampleEvents();
  const bad = events[4]?.id ?? '';
  const words = 'entry for stream has timestamp too old';
  const { delivery } = await deliver(
    (got) => (idsOf(got).includes(bad) ? { status: 400, body: words } : { status: 204 }),
    events,
  );
  assert.deepEqual(delivery, { delivered: 4, stopped: { why: 'refused', message: `PLACE answered 400: ${words}` } });
});

test('a line that is too long is made shorter', async () => {
  const long = { ...sampleChange('new', 1), message: 'x'.repeat(400_000) };
  const { got, delivery } = await deliver(() => ({ status: 204 }), [long]);
  assert.deepEqual(delivery, { delivered: 1, stopped: null });
  const [[, line] = ['', '']] = (JSON.parse(got[0]?.body ?? '') as Push).streams[0]?.values ?? [];
  assert.ok(Buffer.byteLength(line) <= 250_000);
  assert.equal((JSON.parse(line) as { kvitto: { shortened: boolean } }).kvitto.shortened, true);
});

test('what is more than one push may hold goes in several, in order', async () => {
  const change = sampleChange('new', 0);
  const events = Array.from({ length: 30 }, (_, place) => ({
    ...change,
    id: `x-${place}`,
    place,
    message: 'y'.repeat(100_000),
  }));
  const { got, delivery } = await deliver(() => ({ status: 204 }), events);
  assert.deepEqual(delivery, { delivered: 30, stopped: null });
  assert.deepEqual(
    got.flatMap(idsOf),
    events.map(({ id }) => id),
  );
  assert.ok(got.length >= 3 && got.every(({ body }) => body.length < 1_200_000));
});
