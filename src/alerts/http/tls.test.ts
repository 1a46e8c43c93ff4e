// Certificates that openssl made, and proxies. Who is not the one that was meant gets nothing.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as ask, createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { z } from 'zod';
import { type Authority, type Certificate, startAuthority } from '../testing/certificates.ts';
import { type HttpReceiver, startHttpReceiver } from '../testing/http-receiver.ts';
import { sinkContext } from '../testing/sink-acceptance.ts';
import { endpoint } from './endpoint.ts';
import { withLine } from './post.ts';

const settings = z.strictObject(endpoint);

/** Status of one request, or what went wrong; the port taken out. */
async function outcome(raw: Readonly<Record<string, unknown>>): Promise<string | number> {
  let said: string | number = '';
  const { stopped } = await withLine(settings.parse(raw), sinkContext(), async (line) => {
    const answer = await line.send({ body: '{}' });
    said = answer.kind === 'answer' ? answer.status : answer.message;
    return { delivered: 0, stopped: null };
  });
  return typeof said === 'number' ? said : (stopped?.message ?? said).replace(/:\d{4,5}/, '');
}

let own: Authority | null = null;
let other: Authority | null = null;
let reason: string | null = null;
const stops: (() => Promise<void>)[] = [];

before(async () => {
  try {
    own = await startAuthority();
    other = await startAuthority();
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOENT') throw error;
    reason = 'openssl not installed: apt-get install openssl';
  }
});
after(async () => {
  for (const stop of stops) await stop();
  await own?.remove();
  await other?.remove();
});

async function start(certificate: Certificate, more: object = {}): Promise<HttpReceiver> {
  const receiver = await startHttpReceiver(() => ({ status: 204 }), { ...certificate, ...more });
  stops.push(receiver.stop);
  return receiver;
}

function authorities(t: { skip(message: string): void }): { own: Authority; other: Authority } | null {
  if (own !== null && other !== null) return { own, other };
  t.skip(reason ?? 'no authority');
  return null;
}

describe('TLS', () => {
  test('trusts the authority that is named, and no other', async (t) => {
    const all = authorities(t);
    if (all === null) return;
    const { port, got } = await start(await all.own.issue('server', 'IP:127.0.0.1'));
    const url = `https://127.0.0.1:${port}/x`;
    const stranger =
      'https://127.0.0.1 shows a certificate of an authority that is not trusted here: name its certificate under tls.ca';
    assert.equal(await outcome({ url, tls: { ca: all.own.caFile } }), 204);
    assert.equal(await outcome({ url }), stranger);
    assert.equal(await outcome({ url, tls: { ca: all.other.caFile } }), stranger);
    assert.equal(got.length, 1);
  });

  test('refuses a certificate that has expired, and one for another name', async (t) => {
    const all = authorities(t);
    if (all === null) return;
    const tls = { ca: all.own.caFile };
    const expired = await start(await all.own.issue('expired', 'IP:127.0.0.1', -1));
    assert.equal(
      await outcome({ url: `https://127.0.0.1:${expired.port}/`, tls }),
      'https://127.0.0.1 shows a certificate that has expired',
    );
    const elsewhere = await start(await all.own.issue('elsewhere', 'DNS:elsewhere.example'));
    const url = `https://127.0.0.1:${elsewhere.port}/`;
    assert.equal(
      await outcome({ url, tls }),
      'https://127.0.0.1 shows a certificate for another name: check the address, or set tls.serverName',
    );
    assert.equal(await outcome({ url, tls: { ...tls, serverName: 'elsewhere.example' } }), 204);
    assert.deepEqual([expired.got.length, elsewhere.got.length], [0, 1]);
  });

  test('shows the certificate of this program where it has one', async (t) => {
    const all = authorities(t);
    if (all === null) return;
    const more = { requestCert: true, rejectUnauthorized: true, ca: all.own.ca };
    const { port } = await start(await all.own.issue('mutual', 'IP:127.0.0.1'), more);
    const client = await all.own.issue('client', 'DNS:kvitto.example');
    const url = `https://127.0.0.1:${port}/`;
    const tls = { ca: all.own.caFile };
    const shown = { ...tls, cert: client.certFile, key: { file: client.keyFile } };
    assert.equal(await outcome({ url, tls: shown }), 204);
    assert.match(
      String(await outcome({ url, tls })),
      /^https:\/\/127\.0\.0\.1 (?:asks for a certificate|closed the connection)/,
    );
    const foreign = await all.other.issue('foreign', 'DNS:kvitto.example');
    const pair = { ...tls, cert: client.certFile, key: { file: foreign.keyFile } };
    assert.equal(
      await outcome({ url, tls: pair }),
      'tls: the certificate and the key of a sink are damaged or do not belong together',
    );
  });

  test('is not spoken with who does not speak it', async () => {
    const receiver = await startHttpReceiver(() => ({ status: 204 }));
    stops.push(receiver.stop);
    assert.equal(
      await outcome({ url: `https://127.0.0.1:${receiver.port}/` }),
      'https://127.0.0.1 does not speak TLS: is the address one of http://?',
    );
  });
});

interface Proxy {
  readonly port: number;
  readonly seen: string[];
}

/** A proxy as RFC 9110 has it: passes on whole addresses, and tunnels for CONNECT. */
async function startProxy(): Promise<Proxy> {
  const seen: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((incoming: IncomingMessage, response) => {
    seen.push(`${incoming.method} ${incoming.url?.replace(/:\d+/, '')}`);
    const onward = ask(incoming.url ?? '', { method: incoming.method ?? '', headers: incoming.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.writeHead(502).end());
    incoming.pipe(onward);
  });
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.on('connect', (incoming: IncomingMessage, socket: Socket) => {
    const [host = '', port = ''] = (incoming.url ?? '').split(':');
    seen.push(`CONNECT ${host}`);
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    sockets.add(onward);
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
  const port = await listening(server);
  stops.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return { port, seen };
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

describe('a proxy', () => {
  test('passes on plain requests, and tunnels TLS, which it does not see', async (t) => {
    const all = authorities(t);
    if (all === null) return;
    const proxy = await startProxy();
    const plain = await startHttpReceiver(() => ({ status: 204 }));
    stops.push(plain.stop);
    const safe = await start(await all.own.issue('behind', 'IP:127.0.0.1'));
    const named = `http://127.0.0.1:${proxy.port}`;
    assert.equal(await outcome({ url: `http://127.0.0.1:${plain.port}/x`, proxy: named }), 204);
    const url = `https://127.0.0.1:${safe.port}/y`;
    assert.equal(await outcome({ url, proxy: named, tls: { ca: all.own.caFile } }), 204);
    assert.match(String(await outcome({ url, proxy: named, tls: { ca: all.other.caFile } })), /not trusted here/);
    assert.deepEqual(proxy.seen, ['POST http://127.0.0.1/x', 'CONNECT 127.0.0.1', 'CONNECT 127.0.0.1']);
  });

  test('gets the login that stands in its secret address, and nobody is shown it', async () => {
    const asked: (string | undefined)[] = [];
    const proxy = createServer((request, response) => {
      asked.push(request.headers['proxy-authorization']);
      response.writeHead(407).end();
    });
    proxy.on('connect', (request: IncomingMessage, socket: Socket) => {
      asked.push(request.headers['proxy-authorization']);
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
    });
    const port = await listening(proxy);
    stops.push(async () => {
      proxy.closeAllConnections();
      proxy.close();
      await once(proxy, 'close');
    });
    process.env['KVITTO_TEST_PROXY'] = `http://me:pass%2Fword@127.0.0.1:${port}`;
    try {
      const of = { proxy: { env: 'KVITTO_TEST_PROXY' } };
      const words = 'cannot be reached: the proxy answered 407 (it asks for a login)';
      for (const protocol of ['http', 'https']) {
        const url = `${protocol}://receiver.example/x`;
        assert.equal(await outcome({ url, ...of }), `${protocol}://receiver.example ${words}`);
      }
      const login = `Basic ${Buffer.from('me:pass/word').toString('base64')}`;
      assert.deepEqual(asked, [login, login]);
    } finally {
      delete process.env['KVITTO_TEST_PROXY'];
    }
  });

  test('of the environment is not used', async () => {
    const proxy = await startProxy();
    const plain = await startHttpReceiver(() => ({ status: 204 }));
    stops.push(plain.stop);
    process.env['http_proxy'] = `http://127.0.0.1:${proxy.port}`;
    try {
      assert.equal(await outcome({ url: `http://127.0.0.1:${plain.port}/x` }), 204);
    } finally {
      delete process.env['http_proxy'];
    }
    assert.deepEqual(proxy.seen, []);
  });
});
