// Against a server of our own that answers as the bulk API is documented: Elasticsearch itself was not run.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ecsOf } from '../../encodings/ecs.ts';
import { type BulkReceiver, type ItemError, startBulkReceiver } from '../../testing/bulk-receiver.ts';
import { type Reply, startHttpReceiver } from '../../testing/http-receiver.ts';
import { sampleEvents } from '../../testing/sample-events.ts';
import { acceptSink, sinkContext } from '../../testing/sink-acceptance.ts';
import { elasticsearch } from './index.ts';

const busy: ItemError = {
  status: 429,
  type: 'es_rejected_execution_exception',
  reason: 'rejected execution of coordinating operation',
};
const mapping: ItemError = {
  status: 400,
  type: 'document_parsing_exception',
  reason: '[1:512] failed to parse field [kvitto.detail] of type [long]',
};

acceptSink(elasticsearch, {
  settings: (port) => ({ url: `http://127.0.0.1:${port}`, auth: { apiKey: { env: 'KVITTO_TEST_ES' } } }),
  secrets: { KVITTO_TEST_ES: 'VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw==' },
  receive: async (most) => {
    const { port, documents, stop } = await startBulkReceiver((_, stored) => (stored >= most ? busy : null));
    return { port, ids: () => [...documents.keys()], stop };
  },
});

const events = sampleEvents();
const ids = events.map(({ id }) => id);

async function deliver(port: number, raw = {}, some = events) {
  const place = `http://127.0.0.1:${port}`;
  const delivery = await elasticsearch.deliver(
    some,
    elasticsearch.settings.parse({ url: place, ...raw }),
    sinkContext(),
  );
  const { stopped } = delivery;
  return {
    ...delivery,
    stopped: stopped === null ? null : { ...stopped, message: stopped.message.replace(place, 'PLACE') },
  };
}

async function faulty<T>(
  faultOf: (id: string, stored: number) => ItemError | null,
  use: (to: BulkReceiver) => Promise<T>,
) {
  const receiver = await startBulkReceiver(faultOf);
  try {
    return await use(receiver);
  } finally {
    await receiver.stop();
  }
}

test('each event is a document in ECS under its id; a second time it is there already', async () => {
  await faulty(
    () => null,
    async ({ port, documents, got }) => {
      const all = { delivered: events.length, stopped: null };
      assert.deepEqual(await deliver(port, { index: 'my-index' }), all);
      assert.deepEqual(await deliver(port, { index: 'my-index', gzip: false }), all);
      assert.deepEqual([...documents.keys()], ids);
      const expected = events.map((event) => JSON.parse(JSON.stringify(ecsOf(event, sinkContext()))) as unknown);
      assert.deepEqual([...documents.values()], expected);
      const [first, second] = got;
      assert.deepEqual([first?.headers['content-encoding'], second?.headers['content-encoding']], ['gzip', undefined]);
      assert.match(first?.path ?? '', /^\/my-index\/_bulk\?filter_path=/);
    },
  );
});

test('up to the first document that is not taken, all are delivered', async () => {
  const cases: [ItemError, string, 'refused' | 'later'][] = [
    [
      mapping,
      'PLACE answered 400 for one document: document_parsing_exception: [1:512] failed to parse field [kvitto.detail] of type [long]',
      'refused',
    ],
    [{ status: 413, type: '', reason: '' }, 'PLACE answered 413 for one document', 'refused'],
    [
      busy,
      'PLACE answered 429 for one document: es_rejected_execution_exception: rejected execution of coordinating operation',
      'later',
    ],
    [
      { status: 503, type: 'unavailable_shards_exception', reason: 'r' },
      'PLACE answered 503 for one document: unavailable_shards_exception: r',
      'later',
    ],
    [
      { status: 403, type: 'cluster_block_exception', reason: 'disk usage exceeded flood-stage watermark' },
      'PLACE answered 403 for one document (the index takes nothing: is the disk full?): cluster_block_exception: disk usage exceeded flood-stage watermark',
      'later',
    ],
    [
      { status: 403, type: 'security_exception', reason: 'unauthorized' },
      'PLACE answered 403 for one document (not allowed: the key needs the privileges create_doc and auto_configure): security_exception: unauthorized',
      'later',
    ],
    [
      { status: 404, type: 'index_not_found_exception', reason: 'no such index' },
      'PLACE answered 404 for one document (no such index: create it, or a template for a data stream): index_not_found_exception: no such index',
      'later',
    ],
    [
      { status: 400, type: 'invalid_index_name_exception', reason: 'bad' },
      'PLACE answered 400 for one document (check the setting index): invalid_index_name_exception: bad',
      'later',
    ],
  ];
  for (const [fault, message, why] of cases) {
    await faulty(
      (id) => (id === ids[3] ? fault : null),
      async ({ port, documents }) => {
        const stopped = why === 'later' ? { why, message, afterMs: null } : { why, message };
        assert.deepEqual(await deliver(port), { delivered: 3, stopped });
        // Those after it were taken all the same, and are a conflict when they come again.
        assert.deepEqual(
          [...documents.keys()],
          ids.filter((id) => id !== ids[3]),
        );
        const rest = events.slice(4);
        assert.deepEqual(await deliver(port, {}, rest), { delivered: rest.length, stopped: null });
        assert.equal(documents.size, ids.length - 1);
      },
    );
  }
});

test('a bulk that is too large goes in parts; a document that is too large by itself is refused', async () => {
  const sizes: number[] = [];
  const limit = 40_000;
  const reply = (body: string): Reply => {
    sizes.push(body.length);
    if (body.length > limit || body.includes(`"_id":"${ids[2]}"`)) return { status: 413 };
    const items = Array(body.split('\n').length >> 1).fill({ create: { status: 201 } });
    return { status: 200, body: JSON.stringify({ errors: false, items }) };
  };
  const receiver = await startHttpReceiver(({ body }) => reply(body));
  try {
    const stopped = { why: 'refused', message: 'PLACE answered 413 (too large)' };
    assert.deepEqual(await deliver(receiver.port), { delivered: 2, stopped });
    const rest = events.slice(3);
    assert.deepEqual(await deliver(receiver.port, {}, rest), { delivered: rest.length, stopped: null });
  } finally {
    await receiver.stop();
  }
  assert.ok(sizes.length > 3);
});

test('answers that are none of the bulk API', async () => {
  const item = { create: { status: 201 } };
  const bodies = ['', '<html>', 'null', '[]', '{}', '{"items":7}', '{"items":[]}'];
  const more = [[item, item], [{ index: { status: 201 } }], [{ create: { status: '201' } }], [null]].map((items) =>
    JSON.stringify({ items }),
  );
  for (const body of [...bodies, ...more]) {
    const receiver = await startHttpReceiver(() => ({ status: 200, body }));
    try {
      const message = 'PLACE answered 200, but not as the bulk API does: check the address';
      const delivery = await deliver(receiver.port, {}, events.slice(0, 1));
      assert.deepEqual(delivery, { delivered: 0, stopped: { why: 'later', message, afterMs: null } }, body);
    } finally {
      await receiver.stop();
    }
  }
});

test('only a name of an index is one', () => {
  const url = 'http://host/';
  for (const index of ['', 'UPPER', '_hidden', '-x', '.x', 'a/b', '../x', 'a b', 'a?b', 'ä', 'x'.repeat(201)]) {
    assert.equal(elasticsearch.settings.safeParse({ url, index }).success, false, index);
  }
});
