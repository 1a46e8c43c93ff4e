// Registries and feed servers that hang, lie, lead astray, or answer something else.
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { root } from '../real/parts.ts';
import { allComponents, app, appComponents, base, diffIdOf, layer, ociBlobs } from './images.ts';
import { componentsOf, incomplete, orderly, problemsOf, refused, run } from './runs.ts';
import { stage } from './stage.ts';

const here = stage('registry');
const { manifest, blobs } = ociBlobs([layer(base), layer(app)]);
const baseDigest = diffIdOf(layer(base));
type Answer = (request: IncomingMessage, response: ServerResponse, fine: () => void) => void;

/** The image's manifest and blobs, as a registry gives them. */
function fine(request: IncomingMessage, response: ServerResponse): void {
  const [, kind, reference = ''] = /^\/v2\/[^?]*\/(manifests|blobs)\/([^?]+)/.exec(request.url ?? '') ?? [];
  const digest = kind === 'manifests' && !reference.includes(':') ? manifest : reference;
  const bytes = blobs.get(digest);
  if (bytes === undefined) {
    response.writeHead(kind === undefined ? 200 : 404).end();
    return;
  }
  const type = kind === 'manifests' ? 'application/vnd.oci.image.manifest.v1+json' : 'application/octet-stream';
  response.writeHead(200, { 'content-type': type, 'content-length': bytes.length, 'docker-content-digest': digest });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

const isBase = (request: IncomingMessage) => request.url?.includes(baseDigest) === true;
const isManifest = (request: IncomingMessage) => request.url?.includes('/manifests/') === true;
const onBase =
  (answer: Answer): Answer =>
  (request, response, next) =>
    isBase(request) ? answer(request, response, next) : next();
const onManifest =
  (answer: Answer): Answer =>
  (request, response, next) =>
    isManifest(request) ? answer(request, response, next) : next();

describe('registries', { concurrency: 2 }, () => {
  /** The first part of the name of an image chooses the answer. */
  const answers = new Map<string, Answer>();
  let server: Server;
  let host = '';
  before(async () => {
    server = createServer((request, response) => {
      const [, , name = ''] = (request.url ?? '').split('/');
      const answer = answers.get(name);
      if (answer === undefined) fine(request, response);
      else answer(request, response, () => fine(request, response));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  const scan = (name: string, answer: Answer | null, flags: readonly string[] = [], env: NodeJS.ProcessEnv = {}) => {
    if (answer !== null) answers.set(name, answer);
    const args = ['scan', `registry:${host}/${name}/shop:1`, '-f', 'json', '--insecure', '--skip-db-update', ...flags];
    return here.run(args, { env: { NO_PROXY: '127.0.0.1', ...env } });
  };

  test('a registry that is in order', async () => {
    const ended = await scan('fine', null);
    orderly(ended, 0);
    assert.deepEqual(componentsOf(JSON.parse(ended.stdout)), allComponents);
  });

  const refusals: [string, Answer, RegExp][] = [
    [
      'html',
      onManifest((_, r) => r.writeHead(200, { 'content-type': 'text/html' }).end('<html>Sign in</html>')),
      /127/,
    ],
    ['array', onManifest((_, r) => r.writeHead(200, { 'content-type': 'application/json' }).end('[1,2,3]')), /127/],
    ['circle', (request, r) => r.writeHead(307, { location: request.url ?? '/' }).end(), /redirect/],
    ['ping', (_, r) => r.writeHead(302, { location: 'file:///etc/passwd' }).end(), /redirect/],
    ['unauthorized', (_, r) => r.writeHead(401).end('{}'), /127/],
    [
      'odd-challenge',
      (_, r) => r.writeHead(401, { 'www-authenticate': 'Bearer realm="file:///etc/passwd"' }).end(),
      /127/,
    ],
    [
      'broken-challenge',
      (_, r) => r.writeHead(401, { 'www-authenticate': `Bearer ${'a="'.repeat(2000)}` }).end(),
      /127/,
    ],
    ['large', onManifest((_, r) => r.writeHead(200).end(Buffer.alloc(6_000_000, ' '))), /127/],
    [
      'steering',
      onManifest((_, r) =>
        r.writeHead(400).end('{"errors":[{"code":"\\u001b[2J","message":"\\u001b]0;x\\u0007\\u202e"}]}'),
      ),
      /127/,
    ],
    ['missing', onManifest((_, r) => r.writeHead(404).end()), /shop/],
    ['gone', (_, r) => r.destroy(), /127/],
  ];
  for (const [name, answer, told] of refusals) {
    test(`${name}: refused`, async () => refused(await scan(name, answer), 4, told));
  }

  test('a manifest that hangs ends at the time limit', async () => {
    refused(
      await scan(
        'hangs',
        onManifest(() => {}),
        ['--timeout', '1s'],
      ),
      4,
      'gave up after 1s',
      /--timeout/,
    );
  });

  test('a layer that hangs ends at the time limit', async () => {
    const answer = onBase((_, r) => r.writeHead(200, { 'content-length': base.length }).write('x'));
    refused(await scan('hangs-in-layer', answer, ['--timeout', '2s']), 4, 'gave up after 2s', /--timeout/);
  });

  const layers: [string, Answer, string][] = [
    ['other-content', onBase((_, r) => r.writeHead(200).end(Buffer.alloc(base.length))), 'digest-mismatch'],
    ['longer', onBase((_, r) => r.writeHead(200).end(Buffer.concat([base, Buffer.alloc(5_000_000)]))), '.'],
    [
      'lies',
      onBase((_, r) => r.writeHead(200, { 'content-length': '99999999999999' }).end(base, () => r.destroy())),
      '.',
    ],
    ['no-layer', onBase((_, r) => r.writeHead(404).end()), 'unreadable'],
  ];
  for (const [name, answer, code] of layers) {
    test(`${name}: the other layer is reported`, async () => {
      const told = incomplete(await scan(name, answer));
      for (const purl of appComponents) assert.ok(componentsOf(told).includes(purl), purl);
      const found = problemsOf(told);
      assert.ok(
        found.some(([what, where]) => where.startsWith(`layer ${baseDigest}`) && new RegExp(code).test(what)),
        `${found}`,
      );
    });
  }

  test('a layer that ends too early, and a page in its place, are failures of the network', async () => {
    refused(
      await scan(
        'shorter',
        onBase((_, r) => r.writeHead(200).end(base.subarray(0, 1500))),
      ),
      4,
      /1500 of 3584|ended/,
    );
    const page: Answer = (_, r) => r.writeHead(200, { 'content-type': 'text/html' }).end('<html>');
    refused(await scan('page', onBase(page)), 4, 'web page');
  });

  test('a config that is something else', async () => {
    const config = [...blobs].find(([, bytes]) => bytes.includes('rootfs'))?.[0] ?? '';
    const answer: Answer = (request, r, next) =>
      request.url?.includes(config) === true ? r.writeHead(200).end('<html>') : next();
    refused(await scan('config', answer), 4, /127/);
  });

  test('no login is told, and none is sent to where a redirect leads', async () => {
    const seen: string[] = [];
    const elsewhere = createServer((request, response) => {
      seen.push(request.headers.authorization ?? '');
      fine(request, response);
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    const to = `http://localhost:${(elsewhere.address() as AddressInfo).port}`;
    const config = here.folder('docker');
    const auth = Buffer.from('user:s3cr3t').toString('base64');
    here.put('docker/config.json', JSON.stringify({ auths: { [host]: { auth } } }));
    const answer: Answer = (request, r, next) => {
      if (request.headers.authorization === undefined) {
        r.writeHead(401, { 'www-authenticate': 'Basic realm="s3cr3t realm"' }).end();
      } else if (isBase(request)) r.writeHead(307, { location: `${to}${request.url}` }).end();
      else next();
    };
    try {
      const ended = await scan('login', answer, [], { DOCKER_CONFIG: config, NO_PROXY: '127.0.0.1,localhost' });
      orderly(ended, 0);
      assert.deepEqual(seen, ['']);
      const refusing: Answer = (_, r) => r.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      const wrong = await scan('wrong-login', refusing, [], { DOCKER_CONFIG: config });
      refused(wrong, 4, /127/);
      assert.ok(!wrong.stderr.includes(auth));
    } finally {
      elsewhere.closeAllConnections();
      elsewhere.close();
    }
  });

  test('a login file that is something else', async () => {
    for (const content of ['<html>', '[]', '{"auths":{"127.0.0.1":"s3cr3t"},"credsStore":"../../bin/sh"}', '\u0000']) {
      here.put('odd/config.json', content);
      const ended = await scan('fine', null, [], { DOCKER_CONFIG: here.folder('odd') });
      assert.ok([0, 2, 4].includes(ended.status ?? -1), ended.stderr);
      orderly(ended, ended.status ?? -1);
    }
  });

  test('addresses with a password', async () => {
    const update = ['db', 'update', '--ecosystems', 'npm', '--timeout', '20s'];
    for (const address of [
      `http://user:s3cr3t@${host}/x`,
      'http://user:s3cr3t@127.0.0.1:1/x',
      'http://user:s3cr3t@[/',
    ]) {
      const ended = await run([...update, '--feeds', address], { home: here.folder('password') });
      assert.ok([2, 4].includes(ended.status ?? -1), ended.stderr);
      orderly(ended, ended.status ?? -1);
    }
    refused(
      await here.run(['scan', `registry:user:s3cr3t@${host}/x`, '--insecure']),
      2,
      /registry|reference|name|image/,
      null,
    );
  });

  test('files of certificates that are none', async () => {
    for (const file of ['gone.pem', here.put('ca.pem', 'no certificate'), join(root, 'src')]) {
      refused(await here.run(['scan', `registry:${host}/fine/shop`, '--ca-file', file, '--skip-db-update']), 2, file);
    }
  });
});
