import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CodedError, type FailureCode } from '../../../model/errors.ts';
import { ownCertificate } from '../../registry-client/testing/certificate.ts';
import type { SourceOptions } from '../../source.ts';
import { dockerSource } from './index.ts';

const options = (env: Record<string, string>): SourceOptions => ({
  platform: null,
  caFile: null,
  insecure: false,
  offline: false,
  mirrors: {},
  env,
  idleTimeoutMs: 5_000,
  signal: new AbortController().signal,
});

const fails = (code: FailureCode, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof CodedError, String(error));
  assert.deepEqual([error.code, message.test(error.message)], [code, true], `${error.code}: ${error.message}`);
  return true;
};

test('never guesses: a name does not tell that a daemon has it', async () => {
  assert.equal(await dockerSource.guess('debian:12'), false);
});

test('a daemon behind TLS is asked with the certificate of DOCKER_CERT_PATH', async (t) => {
  const own = await ownCertificate(t);
  if (own === null) return;
  const clients: boolean[] = [];
  const server = createServer(
    { ...own, ca: own.cert, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      clients.push((request.socket as import('node:tls').TLSSocket).authorized);
      response.writeHead(404).end('{"message":"No such image: x"}');
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const folder = await mkdtemp(join(tmpdir(), 'kvitto-'));
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  });
  const DOCKER_HOST = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const open = (env: Record<string, string>) => dockerSource.open('x', options({ DOCKER_HOST, ...env }));
  const withTls = { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder };
  await assert.rejects(open(withTls), fails('config-invalid', /ca\.pem cannot be read/));
  await copyFile(own.certFile, join(folder, 'ca.pem'));
  await copyFile(own.certFile, join(folder, 'cert.pem'));
  await writeFile(join(folder, 'key.pem'), own.key);
  await assert.rejects(open(withTls), fails('source-not-found', /No such image: x/));
  assert.deepEqual(clients, [true]);
  await assert.rejects(open({}), fails('source-unreachable', /the connection broke/));
});

test('its usual sockets are tried, and the first of them is told', async () => {
  await assert.rejects(
    dockerSource.open('x', options({ DOCKER_HOST: 'unix:///nowhere/d.sock' })),
    fails('source-unreachable', /^Docker at \/nowhere\/d\.sock: no daemon listens there\.$/),
  );
});
