import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CodedError, type FailureCode } from '../../model/errors.ts';
import { clientFor, type Loopback, loopback } from './testing/loopback.ts';

const login = { KVITTO_USERNAME: 'ann', KVITTO_PASSWORD: 'pass:word' };
const basic = `Basic ${Buffer.from('ann:pass:word').toString('base64')}`;
const tokenPath = '/token?service=svc&scope=repository%3Aa%2Fb%3Apull';

const fails = (code: FailureCode, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof CodedError, String(error));
  assert.deepEqual([error.code, message.test(error.message)], [code, true], `${error.code}: ${error.message}`);
  const told = `${error.message} ${error.remedy} ${error.stack}`;
  for (const secret of ['pass:word', basic.slice(6), 'the-token']) assert.ok(!told.includes(secret), told);
  return true;
};

interface Registry {
  readonly challenge: (self: string) => string | string[];
  readonly accepts: (authorization: string) => boolean;
  readonly token?: (request: IncomingMessage, body: string) => [number, unknown];
}

async function read(t: TestContext, registry: Registry, env: Record<string, string> = {}) {
  const bodies: string[] = [];
  const server: Loopback = await loopback(t, (request, response, body) => {
    if (request.url?.startsWith('/token')) {
      bodies.push(body);
      const [status, json] = registry.token?.(request, body) ?? [404, {}];
      response.writeHead(status).end(typeof json === 'string' ? json : JSON.stringify(json));
    } else if (registry.accepts(request.headers.authorization ?? '')) response.end('{}');
    else {
      const challenge = registry.challenge(`http://${server.host}/token`);
      const echo = { errors: [{ code: 'UNAUTHORIZED', message: `no: ${request.headers.authorization}` }] };
      response.writeHead(401, { 'www-authenticate': challenge }).end(JSON.stringify(echo));
    }
  });
  const client = await clientFor(t, `${server.host}/a/b:1`, { env });
  const manifest = () => client.manifest('1', [], 100);
  return { server, bodies, manifest };
}

const bearer = (self: string) => `Bearer realm="${self}",service="svc",scope="repository:a/b:pull"`;

test('gets an anonymous token and uses it again', async (t) => {
  const { server, manifest } = await read(t, {
    challenge: bearer,
    accepts: (a) => a === 'Bearer the-token',
    token: () => [200, { token: 'the-token' }],
  });
  await manifest();
  await manifest();
  assert.deepEqual(server.seen, [
    'GET /v2/a/b/manifests/1 -',
    `GET ${tokenPath} -`,
    'GET /v2/a/b/manifests/1 Bearer the-token',
    'GET /v2/a/b/manifests/1 Bearer the-token',
  ]);
});

test('gets a token with user and password, and a new one when it has run out', async (t) => {
  let given = 0;
  const { server, manifest } = await read(
    t,
    {
      challenge: (self) => ['Negotiate', bearer(self)],
      accepts: (a) => a === `Bearer t${given}` && server.seen.length !== 4,
      token: () => [200, { access_token: `t${++given}` }],
    },
    login,
  );
  await manifest();
  await manifest();
  assert.deepEqual(server.seen, [
    'GET /v2/a/b/manifests/1 -',
    `GET ${tokenPath} ${basic}`,
    'GET /v2/a/b/manifests/1 Bearer t1',
    'GET /v2/a/b/manifests/1 Bearer t1',
    `GET ${tokenPath} ${basic}`,
    'GET /v2/a/b/manifests/1 Bearer t2',
  ]);
});

test('asks for the right to pull alone, whatever the registry proposes', async (t) => {
  const { server, manifest } = await read(t, {
    challenge: (self) => `Bearer realm="${self}",service="svc",scope="repository:other:push,pull"`,
    accepts: (a) => a === 'Bearer x',
    token: () => [200, { token: 'x' }],
  });
  await manifest();
  assert.equal(server.seen[1], `GET ${tokenPath} -`);
});

test('exchanges an identity token in the body of a POST', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kvitto-'));
  t.after(() => rm(folder, { recursive: true }));
  const { server, manifest, bodies } = await read(
    t,
    { challenge: bearer, accepts: (a) => a === 'Bearer x', token: () => [200, { access_token: 'x' }] },
    { DOCKER_CONFIG: folder },
  );
  await writeFile(
    join(folder, 'config.json'),
    JSON.stringify({ auths: { [server.host]: { identitytoken: 'the-token' } } }),
  );
  await manifest();
  assert.equal(server.seen[1], 'POST /token -');
  assert.deepEqual(Object.fromEntries(new URLSearchParams(bodies[0])), {
    grant_type: 'refresh_token',
    client_id: 'kvitto',
    scope: 'repository:a/b:pull',
    service: 'svc',
    refresh_token: 'the-token',
  });
});

test('logs in with Basic', async (t) => {
  const { server, manifest } = await read(
    t,
    { challenge: () => 'Basic realm="r"', accepts: (a) => a === basic },
    login,
  );
  await manifest();
  assert.deepEqual(server.seen, ['GET /v2/a/b/manifests/1 -', `GET /v2/a/b/manifests/1 ${basic}`]);
});

const nobody = () => false;
const refusals: readonly (readonly [string, Registry, Record<string, string>, FailureCode, RegExp])[] = [
  [
    'no login for Basic',
    { challenge: () => 'Basic realm="r"', accepts: nobody },
    {},
    'source-unauthorized',
    /wants a login, and there is none/,
  ],
  [
    'a wrong login for Basic',
    { challenge: () => 'Basic realm="r"', accepts: nobody },
    login,
    'source-unauthorized',
    /with the login from KVITTO_USERNAME and KVITTO_PASSWORD/,
  ],
  [
    'no anonymous token',
    { challenge: bearer, accepts: nobody, token: () => [401, {}] },
    {},
    'source-unauthorized',
    /wants a login, and there is none/,
  ],
  [
    'a wrong login for a token',
    { challenge: bearer, accepts: nobody, token: () => [401, { errors: [{ message: basic }] }] },
    login,
    'source-unauthorized',
    /refused the login from KVITTO_USERNAME/,
  ],
  [
    'a token that is not taken',
    { challenge: bearer, accepts: nobody, token: () => [200, { token: 'the-token' }] },
    login,
    'source-unauthorized',
    /refused access, status 401/,
  ],
  [
    'no token in the answer',
    { challenge: bearer, accepts: nobody, token: () => [200, {}] },
    {},
    'source-unauthorized',
    /gave no token/,
  ],
  [
    'null for an answer',
    { challenge: bearer, accepts: nobody, token: () => [200, 'null'] },
    {},
    'source-unauthorized',
    /gave no token/,
  ],
  [
    'no JSON in the answer',
    { challenge: bearer, accepts: nobody, token: () => [200, 'the-token'] },
    {},
    'source-unauthorized',
    /gave no token/,
  ],
  [
    'a token that breaks headers',
    { challenge: bearer, accepts: nobody, token: () => [200, { token: 'a\r\nb' }] },
    {},
    'source-unauthorized',
    /gave no token/,
  ],
  [
    'an endless token',
    { challenge: bearer, accepts: nobody, token: () => [200, 'x'.repeat(300_000)] },
    {},
    'limit-exceeded',
    /more than the 262144/,
  ],
  [
    'a token service that is down',
    { challenge: bearer, accepts: nobody, token: () => [503, {}] },
    {},
    'source-unreachable',
    /status 503/,
  ],
  ['no challenge', { challenge: () => '', accepts: nobody }, login, 'source-unauthorized', /names no way to log in/],
  [
    'an unknown challenge',
    { challenge: () => 'Negotiate', accepts: nobody },
    login,
    'source-unauthorized',
    /names no way to log in/,
  ],
  [
    'a realm that is no URL',
    { challenge: () => 'Bearer realm="x y"', accepts: nobody },
    login,
    'source-unauthorized',
    /is no URL/,
  ],
  [
    'a realm that is a file',
    { challenge: () => 'Bearer realm="file:///etc/passwd"', accepts: nobody },
    login,
    'source-unauthorized',
    /is not https/,
  ],
];
for (const [name, registry, env, code, message] of refusals) {
  test(`refused: ${name}`, async (t) => {
    const { manifest } = await read(t, registry, env);
    await assert.rejects(manifest(), fails(code, message));
  });
}

test('the login of the environment is not for mirrors', async (t) => {
  const mirror = await loopback(t, (_, response) => {
    response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end();
  });
  const registry = await loopback(t, (_, response) => response.end('{}'));
  const mirrors = { [registry.host]: [mirror.host] };
  const client = await clientFor(t, `${registry.host}/a`, { env: login, mirrors });
  await client.manifest('latest', [], 100);
  assert.deepEqual([mirror.seen, registry.seen].flat(), Array(2).fill('GET /v2/a/manifests/latest -'));
});

test('a helper that is missing counts only where a login is needed', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'kvitto-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'config.json'), JSON.stringify({ credsStore: 'not-there' }));
  const env = { DOCKER_CONFIG: folder, PATH: folder };
  const open = await read(
    t,
    { challenge: bearer, accepts: (a) => a === 'Bearer x', token: () => [200, { token: 'x' }] },
    env,
  );
  await open.manifest();
  const closed = await read(t, { challenge: bearer, accepts: nobody, token: () => [401, {}] }, env);
  await assert.rejects(
    closed.manifest(),
    fails('config-invalid', /docker-credential-not-there, .* is not on the PATH/),
  );
});
