import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttp, type IncomingMessage } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CodedError, type FailureCode } from '../../model/errors.ts';
import { ownCertificate } from './testing/certificate.ts';
import { clientFor, loopback } from './testing/loopback.ts';

const fails = (code: FailureCode, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof CodedError, String(error));
  assert.deepEqual([error.code, message.test(error.message)], [code, true], `${error.code}: ${error.message}`);
  return true;
};

test('a certificate counts when its authority is given, or is not looked at', async (t) => {
  const own = await ownCertificate(t);
  if (own === null) return;
  const server = await loopback(t, (_, response) => response.end('{}'), createHttps(own));
  const read = async (host: string, options: { caFile?: string; insecure?: boolean }) => {
    const client = await clientFor(t, `${host}/a:1`, { insecure: false, ...options });
    return (await client.manifest('1', [], 100)).bytes.length;
  };
  assert.equal(await read(server.host, { caFile: own.certFile }), 2);
  assert.equal(await read(server.host.replace('127.0.0.1', 'localhost'), { caFile: own.certFile }), 2);
  assert.equal(await read(server.host, { insecure: true }), 2);
  await assert.rejects(read(server.host, {}), fails('source-unreachable', /is not trusted \(DEPTH_ZERO_SELF_SIGNED/));
  const other = server.host.replace('127.0.0.1', '127.0.0.3');
  const elsewhere = createHttps(own);
  const port = Number(server.host.split(':')[1]);
  await new Promise<void>((resolve) => elsewhere.listen(port, '127.0.0.3', resolve));
  t.after(() => elsewhere.close());
  await assert.rejects(read(other, { caFile: own.certFile }), fails('source-unreachable', /for another host name/));
});

test('with a certificate, nothing leads to plain http', async (t) => {
  const own = await ownCertificate(t);
  if (own === null) return;
  const plain = await loopback(t, (_, response) => response.end('{"token":"x"}'));
  const server = await loopback(
    t,
    (request, response) => {
      if (request.url?.includes('/moved/')) response.writeHead(302, { location: `http://${plain.host}/x` }).end();
      else response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${plain.host}/token"` }).end();
    },
    createHttps(own),
  );
  const options = { insecure: false, caFile: own.certFile };
  const client = await clientFor(t, `${server.host}/a:1`, options);
  await assert.rejects(client.manifest('1', [], 100), fails('source-unauthorized', /which is not https/));
  const moved = await clientFor(t, `${server.host}/moved/a:1`, options);
  await assert.rejects(moved.manifest('1', [], 100), fails('source-unreachable', /redirects to plain http/));
  assert.deepEqual(plain.seen, []);
});

test('a registry with TLS that breaks off is not asked in plain http for good', async (t) => {
  const own = await ownCertificate(t);
  if (own === null) return;
  let requests = 0;
  const answer = (request: IncomingMessage) => {
    if (++requests < 2) request.socket.destroy();
  };
  const server = await loopback(
    t,
    (request, response) => {
      answer(request);
      response.end('{}');
    },
    createHttps(own),
  );
  const client = await clientFor(t, `${server.host}/a:1`);
  assert.equal((await client.manifest('1', [], 100)).bytes.length, 2);
});

test('a proxy is taken from the environment, unless NO_PROXY names the host', async (t) => {
  const own = await ownCertificate(t);
  if (own === null) return;
  const server = await loopback(t, (_, response) => response.end('{}'), createHttps(own), '127.0.0.2');
  const tunnels: string[] = [];
  const proxy = createHttp();
  proxy.on('connect', (request: IncomingMessage, socket) => {
    tunnels.push(`${request.url} ${request.headers['proxy-authorization'] ?? '-'}`);
    const [host, port] = (request.url ?? '').split(':');
    const target = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      target.pipe(socket).pipe(target);
    });
    target.on('error', () => socket.destroy());
    socket.on('error', () => target.destroy());
  });
  const { host } = await loopback(t, (_, response) => response.writeHead(407).end(), proxy);
  const read = async (env: Record<string, string>, target = server.host) => {
    const client = await clientFor(t, `${target}/a:1`, { insecure: false, caFile: own.certFile, env });
    await client.manifest('1', [], 100);
  };
  await read({ HTTPS_PROXY: `http://u:p@${host}` });
  assert.deepEqual(tunnels, [`${server.host} Basic dTpw`]);
  await read({ https_proxy: `http://${host}`, NO_PROXY: 'x.example,127.0.0.2' });
  await read({});
  const here = await loopback(t, (_, response) => response.end('{}'), createHttps(own));
  await read({ HTTPS_PROXY: `http://${host}` }, here.host);
  assert.equal(tunnels.length, 1);
  await assert.rejects(read({ HTTPS_PROXY: 'http://127.0.0.1:1' }), fails('source-unreachable', /refused/));
  const strict = createHttp();
  strict.on('connect', (_, socket) => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'));
  const closed = await loopback(t, (_, response) => response.writeHead(407).end(), strict);
  await assert.rejects(
    read({ HTTPS_PROXY: `http://u:s3cret@${closed.host}` }),
    fails('source-unreachable', /the proxy refused the connection/),
  );
  await assert.rejects(read({ HTTPS_PROXY: 'u:s3cret@x:y' }), fails('usage', /is not the address of a proxy/));
});

test('a file of certificates that is of no use is told by name', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kvitto-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'ca.pem');
  const open = () => clientFor(t, 'x.example/a', { insecure: false, caFile: file });
  await assert.rejects(open(), fails('usage', /ca\.pem: cannot be read: ENOENT/));
  await writeFile(file, 'MIIB');
  await assert.rejects(open(), fails('usage', /ca\.pem: holds no certificate in PEM form/));
  await writeFile(file, '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n');
  await assert.rejects(open(), fails('usage', /ca\.pem: holds a damaged certificate/));
});
