import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { KvittoEvent } from '../../../model/event.ts';
import { type Got, type Reply, startHttpReceiver } from '../../testing/http-receiver.ts';
import { sampleChange, sampleEvents } from '../../testing/sample-events.ts';
import { acceptSink, sinkContext } from '../../testing/sink-acceptance.ts';
import { otlp } from './index.ts';
import { logRecordOf } from './log-record.ts';

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string };
}
interface Request {
  readonly resourceLogs: readonly {
    readonly scopeLogs: readonly { readonly logRecords: readonly { readonly attributes: readonly Attribute[] }[] }[];
  }[];
}

function idsOf({ body }: Got): string[] {
  const { resourceLogs } = JSON.parse(body) as Request;
  const records = resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
  return records.map(
    ({ attributes }) => attributes.find(({ key }) => key === 'log.record.uid')?.value.stringValue ?? '',
  );
}

acceptSink(otlp, {
  settings: (port) => ({
    url: `http://127.0.0.1:${port}`,
    auth: { bearer: { env: 'KVITTO_TEST_OTLP' } },
    headers: { 'X-Tenant': { env: 'KVITTO_TEST_OTLP_TENANT' } },
  }),
  secrets: { KVITTO_TEST_OTLP: 'otlp/token+4711=', KVITTO_TEST_OTLP_TENANT: 'tenant-0815' },
  receive: async (most) => {
    const ids: string[] = [];
    const receiver = await startHttpReceiver((got) => {
      const came = idsOf(got);
      if (ids.length + came.length > most) return { status: 503, headers: { 'retry-after': '3' } };
      ids.push(...came);
      return { status: 200, body: '{"partialSuccess":{}}' };
    });
    return { port: receiver.port, ids: () => ids, stop: receiver.stop };
  },
});

async function deliver(reply: (got: Got, number: number) => Reply, events: readonly KvittoEvent[], raw = {}) {
  const receiver = await startHttpReceiver(reply);
  const place = `http://127.0.0.1:${receiver.port}`;
  try {
    const settings = otlp.settings.parse({ url: place, ...raw });
    const context = { ...sinkContext(), now: () => new Date('2026-08-21T11:00:00Z') };
    const delivery = await otlp.deliver(events, settings, context);
    const { stopped } = delivery;
    const told = stopped === null ? null : { ...stopped, message: stopped.message.replace(place, 'PLACE') };
    return { got: receiver.got, delivery: { ...delivery, stopped: told } };
  } finally {
    await receiver.stop();
  }
}

test('a request is one of OTLP in JSON, compressed, at the path of logs', async () => {
  const { got } = await deliver(() => ({ status: 200, body: '{}' }), sampleEvents());
  const [first] = got;
  assert.ok(first !== undefined);
  const { method, path, headers } = first;
  assert.deepEqual([got.length, method, path], [1, 'POST', '/v1/logs']);
  assert.deepEqual([headers['content-type'], headers['content-encoding']], ['application/json', 'gzip']);
  const request = JSON.parse(first.body) as { resourceLogs: { scopeLogs: object[] }[] };
  const bare = request.resourceLogs.map(({ scopeLogs, ...rest }) => ({
    ...rest,
    scopeLogs: scopeLogs.map((one) => ({ ...one, logRecords: [] })),
  }));
  assert.deepEqual(bare, [
    {
      resource: {
        attributes: [
          { key: 'service.name', value: { stringValue: 'kvitto' } },
          { key: 'service.version', value: { stringValue: '0.0.0' } },
        ],
      },
      scopeLogs: [{ scope: { name: 'kvitto', version: '0.0.0' }, logRecords: [] }],
    },
  ]);
});

test('a log record has the event whole', () => {
  const { vulnerability, component, after, detail, ...rest } = sampleChange('exploited', 9);
  const event: KvittoEvent = {
    ...rest,
    vulnerability: null,
    component: null,
    after: null,
    detail: { bound: 0.1, lone: 'a\ud800b' },
  };
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const int = (key: string, intValue: string) => ({ key, value: { intValue } });
  assert.deepEqual(logRecordOf(event, new Date('2026-08-21T11:00:00Z')), {
    timeUnixNano: '1787308200123000000',
    observedTimeUnixNano: '1787310000000000000',
    severityNumber: 13,
    severityText: 'unknown',
    eventName: 'kvitto.change',
    body: { stringValue: 'shop in production: CVE-2026-1000 exploited' },
    attributes: [
      text('event.name', 'kvitto.change'),
      text('log.record.uid', '3f2a90c1-1204-9'),
      text('service.name', 'shop'),
      text('deployment.environment.name', 'production'),
      int('kvitto.entry', '1204'),
      int('kvitto.place', '9'),
      text('kvitto.actor', 'watch'),
      text('kvitto.change', 'exploited'),
      text('kvitto.state', 'began'),
      text('kvitto.subject', 'CVE-2026-1000'),
      text('kvitto.artifact', `sha256:${'a'.repeat(64)}`),
      int('kvitto.artifacts', '2'),
      int('kvitto.deployments', '3'),
      int('kvitto.deployment', '77'),
      int('kvitto.containers', '1000'),
      text('kvitto.since', '2026-05-01T08:00:00.000Z'),
      {
        key: 'kvitto.detail',
        value: { kvlistValue: { values: [{ key: 'bound', value: { doubleValue: 0.1 } }, text('lone', 'a\ufffdb')] } },
      },
    ],
  });
});

test('what is written has the form of the example of OpenTelemetry', async (t) => {
  const file = join(import.meta.dirname, '../../../../../shared/reference/schemas/otlp/logs.json');
  let example: unknown;
  try {
    example = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return t.skip('the example of OTLP is not beside the repository: ../shared/reference/schemas/otlp/logs.json');
  }
  const { got } = await deliver(() => ({ status: 200 }), sampleEvents());
  const known = formsOf(example);
  // Values of other kinds nest to any depth; the fields that the example leaves out are of the protocol's own file.
  known.add('.resourceLogs[].scopeLogs[].logRecords[].eventName: string');
  const written = [...formsOf(JSON.parse(got[0]?.body ?? ''))];
  assert.ok(written.length > 12, written.join());
  assert.deepEqual(
    written.filter((form) => !known.has(form)),
    [],
  );
});

const nesting = /\.value\.(?:arrayValue\.values\[\]|kvlistValue\.values\[\]\.value)(?=\.)/g;

/** Paths of all values with their types; the values of OTLP, which nest, as if they did not. */
function formsOf(value: unknown): Set<string> {
  const forms = new Set<string>();
  const visit = (one: unknown, path: string): void => {
    const at = path.replace(nesting, '.value');
    if (Array.isArray(one)) for (const item of one) visit(item, `${at}[]`);
    else if (typeof one === 'object' && one !== null) {
      for (const [key, item] of Object.entries(one)) visit(item, `${at}.${key}`);
    } else forms.add(`${at}: ${typeof one}`);
  };
  visit(value, '');
  return forms;
}

test('answers that say that all was taken', async () => {
  const events = sampleEvents();
  const bodies = ['', '{}', '{"partialSuccess":{}}', '{"partialSuccess":{"errorMessage":"a warning"}}'];
  for (const body of [...bodies, '{"partialSuccess":{"rejectedLogRecords":"0"}}', '{"partialSuccess":null}']) {
    const { delivery } = await deliver(() => ({ status: 200, body }), events);
    assert.deepEqual(delivery, { delivered: events.length, stopped: null }, body);
  }
});

test('answers that are none of OTLP', async () => {
  for (const body of [
    '<html>',
    '[]',
    '7',
    'null',
    '"x"',
    '{"partialSuccess":{"rejectedLogRecords":"many"}}',
    '{"partialSuccess":{"rejectedLogRecords":-1}}',
  ]) {
    const { delivery } = await deliver(() => ({ status: 200, body }), sampleEvents());
    const message = 'PLACE answered 200, but not in OTLP: check the address';
    assert.deepEqual(delivery, { delivered: 0, stopped: { why: 'later', message, afterMs: null } }, body);
  }
});

test('the one record that is not accepted is found, whether all are refused with it or only it', async () => {
  const events = sampleEvents();
  const bad = events[5]?.id ?? '';
  const whole = await deliver((got) => ({ status: idsOf(got).includes(bad) ? 400 : 200 }), events);
  assert.deepEqual(whole.delivery, { delivered: 5, stopped: { why: 'refused', message: 'PLACE answered 400' } });
  const partial = await deliver((got) => {
    const rejected = idsOf(got).filter((id) => id === bad).length;
    return {
      status: 200,
      body: JSON.stringify({ partialSuccess: { rejectedLogRecords: `${rejected}`, errorMessage: 'no' } }),
    };
  }, events);
  assert.deepEqual(partial.delivery, {
    delivered: 5,
    stopped: { why: 'refused', message: 'PLACE rejected 1 log records: no' },
  });
});

test('a batch that is too large goes in parts', async () => {
  const events = sampleEvents();
  const taken: string[] = [];
  const { delivery } = await deliver((got) => {
    const ids = idsOf(got);
    if (ids.length > 4) return { status: 413 };
    taken.push(...ids);
    return { status: 200 };
  }, events);
  assert.deepEqual(delivery, { delivered: events.length, stopped: null });
  assert.deepEqual(
    taken,
    events.map(({ id }) => id),
  );
});
