import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { type Answers, listen, parseListen, tokenOf } from './http.ts';

test('addresses to listen on', () => {
  assert.deepEqual(['off', '127.0.0.1:9464', '[::1]:0', ':80', 'watch.example:65535'].map(parseListen), [
    null,
    { host: '127.0.0.1', port: 9464 },
    { host: '::1', port: 0 },
    { host: '127.0.0.1', port: 80 },
    { host: 'watch.example', port: 65_535 },
  ]);
  for (const wrong of ['', '9464', 'host', 'host:', 'host:65536', '::1:80', 'http://host:80', '[host]:80', 'a b:80']) {
    assert.throws(() => parseListen(wrong), { code: 'usage' }, wrong);
  }
});

test('a token is long, and can be sent', () => {
  assert.deepEqual([tokenOf({}), tokenOf({ KVITTO_WATCH_TOKEN: '' })], [null, null]);
  assert.equal(tokenOf({ KVITTO_WATCH_TOKEN: '0123456789abcdef' }), '0123456789abcdef');
  for (const wrong of ['short', 'with spaces in between', 'with\u00e9 letters of another kind', 'x'.repeat(1_001)]) {
    assert.throws(
      () => tokenOf({ KVITTO_WATCH_TOKEN: wrong }),
      (error: Error & { code?: string }) => error.code === 'config-invalid' && !error.message.includes(wrong),
    );
  }
});

describe('what is answered over HTTP', () => {
  const told: unknown[] = [];
  let healthy: string | null = null;
  let rescans = 0;
  let metrics: () => Promise<string> = async () => 'up 1\n';
  const answers: Answers = {
    healthy: async () => healthy,
    ready: async () => 'the ledger cannot be read',
    metrics: () => metrics(),
    rescan: async () => {
      rescans += 1;
    },
    failed: (thrown) => {
      told.push(thrown);
    },
  };
  const servers: Server[] = [];
  let base = '';
  const serve = async (token: string | null) => {
    const server = await listen({ host: '127.0.0.1', port: 0, token }, answers);
    servers.push(server);
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  before(async () => {
    base = await serve('0123456789abcdef');
  });
  after(() => {
    for (const server of servers) server.close();
  });
  const get = async (path: string, init: RequestInit = {}) => {
    const answer = await fetch(`${base}${path}`, init);
    return [answer.status, await answer.text()];
  };

  test('health is 503 with the reason where there is one', async () => {
    assert.deepEqual(await get('/healthz'), [200, 'ok\n']);
    healthy = 'no cycle began';
    assert.deepEqual(await get('/healthz'), [503, 'no cycle began\n']);
    assert.deepEqual(await get('/readyz?verbose'), [503, 'the ledger cannot be read\n']);
    const head = await fetch(`${base}/metrics`, { method: 'HEAD' });
    assert.deepEqual(
      [head.status, head.headers.get('content-type'), head.headers.get('x-content-type-options')],
      [200, 'text/plain; version=0.0.4; charset=utf-8', 'nosniff'],
    );
  });

  test('what goes wrong is told, and not to whoever asked', async () => {
    const bug = new Error('the password is hunter2');
    metrics = () => Promise.reject(bug);
    assert.deepEqual(await get('/metrics'), [500, 'something went wrong; see the log of the watch\n']);
    assert.deepEqual(told, [bug]);
  });

  test('a cycle is for who has the token', async () => {
    const post = async (authorization: string, body = '') =>
      await get('/rescan', { method: 'POST', headers: { authorization }, ...(body !== '' && { body }) });
    for (const wrong of [
      '',
      'Bearer',
      'Bearer 0123456789abcdeF',
      'Basic 0123456789abcdef',
      'Bearer 0123456789abcdef x',
    ]) {
      assert.deepEqual(await post(wrong), [401, 'the token is missing or wrong\n'], wrong);
    }
    assert.deepEqual(await post('Bearer 0123456789abcdef', 'x'.repeat(2_000)), [413, 'nothing is to be sent\n']);
    assert.equal(rescans, 0);
    assert.deepEqual(await post('bearer 0123456789abcdef', '{}'), [202, 'a cycle begins\n']);
    assert.equal(rescans, 1);
    base = await serve(null);
    assert.deepEqual(await post('Bearer null'), [403, 'set KVITTO_WATCH_TOKEN for the watch to allow this\n']);
    assert.equal(rescans, 1);
  });

  test('other paths and methods are not served, and no file is', async () => {
    for (const path of ['/', '/metrics/', '/..%2f..%2fetc/passwd', '//healthz', '/debug']) {
      assert.deepEqual(await get(path), [404, 'no such page\n'], path);
    }
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      assert.deepEqual(await get('/healthz', { method }), [405, 'only GET, HEAD\n'], method);
    }
  });

  test('headers that are too long, and what is no HTTP, end the connection', async () => {
    const port = Number(new URL(base).port);
    for (const text of [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, '\u0000\u0001\r\n\r\n']) {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => {});
      socket.resume();
      socket.write(text);
      await once(socket, 'close');
    }
    assert.deepEqual(await get('/healthz'), [503, 'no cycle began\n']);
  });

  test('an address that is taken is told with what to do', async () => {
    const port = Number(new URL(base).port);
    await assert.rejects(listen({ host: '127.0.0.1', port, token: null }, answers), { code: 'usage' });
  });
});
