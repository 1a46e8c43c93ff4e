import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import type { KvittoEvent } from '../../../model/event.ts';
import { encodeLine } from '../../encodings/encode.ts';
import { type Got, startHttpReceiver } from '../../testing/http-receiver.ts';
import { sampleEvents } from '../../testing/sample-events.ts';
import { acceptSink, sinkContext } from '../../testing/sink-acceptance.ts';
import { webhook } from './index.ts';

const secretOf = (text: string): string => `whsec_${Buffer.from(text).toString('base64')}`;
const secret = secretOf('a key of thirty-two bytes, or so');
const former = secretOf('another key, the one before this one');

/** The event in a request whose signature is right; throws otherwise. */
function verified({ body, headers }: Got, by: string): KvittoEvent {
  const plain = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
  return new Webhook(by).verify(body, plain) as KvittoEvent;
}

acceptSink(webhook, {
  settings: (port) => ({ url: `http://127.0.0.1:${port}/hook/of/kvitto`, secret: { env: 'KVITTO_TEST_WEBHOOK' } }),
  secrets: { KVITTO_TEST_WEBHOOK: secret },
  receive: async (most) => {
    const ids: string[] = [];
    const receiver = await startHttpReceiver((got) => {
      if (ids.length >= most) return { status: 503 };
      const event = verified(got, secret);
      assert.equal(got.headers['webhook-id'], event.id);
      ids.push(event.id);
      return { status: 204 };
    });
    return { port: receiver.port, ids: () => ids, stop: receiver.stop };
  },
});

process.env['KVITTO_TEST_NEW'] = secret;
process.env['KVITTO_TEST_FORMER'] = former;
after(() => {
  delete process.env['KVITTO_TEST_NEW'];
  delete process.env['KVITTO_TEST_FORMER'];
});

/** Delivers sample events to a receiver that answers each request with the next of these statuses, the last of them again and again. */
async function deliver(
  raw: Readonly<Record<string, unknown>>,
  statuses: readonly number[] = [204],
  events = sampleEvents(),
) {
  const receiver = await startHttpReceiver((_, number) => ({ status: statuses[number - 1] ?? statuses.at(-1) ?? 204 }));
  try {
    const settings = webhook.settings.parse({
      url: `http://127.0.0.1:${receiver.port}/`,
      secret: { env: 'KVITTO_TEST_NEW' },
      ...raw,
    });
    const delivery = await webhook.deliver(events, settings, sinkContext());
    const place = `http://127.0.0.1:${receiver.port}`;
    const { stopped } = delivery;
    const told = stopped === null ? null : { ...stopped, message: stopped.message.replace(place, 'PLACE') };
    return { got: receiver.got, delivery: { ...delivery, stopped: told }, connections: receiver.connections() };
  } finally {
    await receiver.stop();
  }
}

test('each event is one request, on one connection, signed by every secret while they change', async () => {
  const events = sampleEvents();
  const { got, connections } = await deliver({ secret: [{ env: 'KVITTO_TEST_NEW' }, { env: 'KVITTO_TEST_FORMER' }] });
  for (const by of [secret, former]) {
    assert.deepEqual(
      got.map((one) => verified(one, by)),
      JSON.parse(JSON.stringify(events)),
    );
  }
  assert.equal(connections, 1);
  const [first] = got;
  assert.ok(first !== undefined);
  assert.throws(() => verified(first, secretOf('a key that nobody ever gave us….')), WebhookVerificationError);
  assert.throws(() => verified({ ...first, body: `${first.body} ` }, secret), WebhookVerificationError);
});

test('the body is in the form that was asked for', async () => {
  const events = sampleEvents();
  for (const format of ['json', 'ecs', 'ocsf'] as const) {
    const { got } = await deliver({ format });
    assert.deepEqual(
      got.map(({ body }) => body),
      events.map((event) => encodeLine(format, event, sinkContext())),
    );
    assert.ok(got.every(({ headers }) => headers['content-type'] === 'application/json'));
  }
});

test('an event that is too large or not accepted is refused, after those before it', async () => {
  const refusal = (message: string) => ({ delivered: 2, stopped: { why: 'refused', message } });
  const all = await Promise.all([413, 422].map((status) => deliver({}, [204, 204, status])));
  assert.deepEqual(
    all.map(({ delivery }) => delivery),
    [refusal('PLACE answered 413 (too large)'), refusal('PLACE answered 422 (understood, not accepted)')],
  );
});

test('what may be the fault of the configuration is tried again, unless the receiver is known to mean the event', async () => {
  const { delivery } = await deliver({}, [400]);
  assert.deepEqual(delivery, {
    delivered: 0,
    stopped: { why: 'later', message: 'PLACE answered 400', afterMs: null },
  });
  const known = await deliver({ refusals: [400] }, [204, 400]);
  assert.deepEqual(known.delivery, { delivered: 1, stopped: { why: 'refused', message: 'PLACE answered 400' } });
  assert.equal(webhook.settings.safeParse({ url: 'http://h/', secret: { env: 'A' }, refusals: [401] }).success, false);
});

test('a receiver that asks for patience gets it, and what it took stays taken', async () => {
  const receiver = await startHttpReceiver((_, number) =>
    number <= 3 ? { status: 200 } : { status: 429, headers: { 'retry-after': '120' } },
  );
  const url = `http://127.0.0.1:${receiver.port}`;
  const settings = webhook.settings.parse({ url, secret: { env: 'KVITTO_TEST_NEW' } });
  try {
    assert.deepEqual(await webhook.deliver(sampleEvents(), settings, sinkContext()), {
      delivered: 3,
      stopped: { why: 'later', message: `${url} answered 429 (too many requests)`, afterMs: 120_000 },
    });
  } finally {
    await receiver.stop();
  }
});

test('what was delivered before it was told to stop is said to be', async () => {
  const stop = new AbortController();
  const receiver = await startHttpReceiver((_, number) => {
    if (number === 4) setTimeout(() => stop.abort(), 20);
    return number < 4 ? { status: 200 } : () => undefined;
  });
  const url = `http://127.0.0.1:${receiver.port}`;
  const settings = webhook.settings.parse({ url, secret: { env: 'KVITTO_TEST_NEW' } });
  try {
    assert.deepEqual(await webhook.deliver(sampleEvents(), settings, sinkContext(stop.signal)), {
      delivered: 3,
      stopped: { why: 'later', message: `${url}: stopped before it answered`, afterMs: null },
    });
  } finally {
    await receiver.stop();
  }
});

test('a secret of another form is said to be one, and not shown', async () => {
  const wrong = ['plain', 'whsec_', 'whsec_dG9vIHNob3J0', `whsec_${'A'.repeat(400)}`, `whsec_${'*'.repeat(40)}`];
  for (const value of wrong) {
    process.env['KVITTO_TEST_NEW'] = value;
    const { got, delivery } = await deliver({});
    assert.deepEqual(got, []);
    assert.deepEqual(delivery, {
      delivered: 0,
      stopped: {
        why: 'later',
        message: 'the secret of a webhook is not whsec_ and 24 to 64 bytes in Base64',
        afterMs: null,
      },
    });
  }
  process.env['KVITTO_TEST_NEW'] = secret;
});
