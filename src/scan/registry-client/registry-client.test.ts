import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { describe, type TestContext, test } from 'node:test';
import { CodedError, type FailureCode } from '../../model/errors.ts';
import { clientFor, type Handler, loopback, notedPace, sha256 } from './testing/loopback.ts';

const manifest = Buffer.from('{"schemaVersion":2}');
const ociType = 'application/vnd.oci.image.manifest.v1+json';

function send(response: ServerResponse, bytes: Buffer, headers: Record<string, string> = {}): void {
  response.writeHead(200, { 'content-type': ociType, 'content-length': bytes.length, ...headers }).end(bytes);
}

const fails = (code: FailureCode, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof CodedError, String(error));
  assert.deepEqual([error.code, message.test(error.message)], [code, true], `${error.code}: ${error.message}`);
  assert.ok(error.remedy === undefined || error.remedy.length > 10);
  return true;
};

async function manifestFrom(t: TestContext, handle: Handler, idleTimeoutMs = 5_000) {
  const server = await loopback(t, handle);
  const pace = notedPace();
  const client = await clientFor(t, `${server.host}/a/b:1`, { idleTimeoutMs }, pace);
  return { server, pace, read: () => client.manifest('1', [ociType], 4096) };
}

test('reads a manifest and checks it against what the registry says', async (t) => {
  const { read, server } = await manifestFrom(t, (_, response) => {
    send(response, manifest, { 'docker-content-digest': sha256(manifest) });
  });
  assert.deepEqual(await read(), { bytes: manifest, digest: sha256(manifest) });
  assert.deepEqual(server.seen, ['GET /v2/a/b/manifests/1 -']);
});

test('refuses a manifest with another digest than the header or the reference says', async (t) => {
  const other = sha256(Buffer.from('other'));
  const { read } = await manifestFrom(t, (_, response) => {
    send(response, manifest, { 'docker-content-digest': other });
  });
  await assert.rejects(read(), fails('digest-mismatch', /sent a manifest with the digest sha256:.*, not sha256:/));

  const server = await loopback(t, (_, response) => send(response, manifest));
  const client = await clientFor(t, `${server.host}/a@${other}`);
  await assert.rejects(client.manifest(other, [ociType], 4096), fails('digest-mismatch', /not sha256:/));
});

test('stops at a manifest that is too large or has no end', async (t) => {
  const { read } = await manifestFrom(t, (_, response) => send(response, Buffer.alloc(5000)));
  await assert.rejects(read(), fails('limit-exceeded', /more than the 4096 bytes/));

  const endless = await manifestFrom(t, (_, response) => {
    response.writeHead(200, { 'content-type': ociType });
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(1000)));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  });
  await assert.rejects(endless.read(), fails('limit-exceeded', /more than the 4096 bytes/));
});

const statuses: readonly (readonly [number, FailureCode, number])[] = [
  [400, 'source-unreachable', 1],
  [403, 'source-unauthorized', 1],
  [404, 'source-not-found', 1],
  [410, 'source-not-found', 1],
  [429, 'source-unreachable', 5],
  [500, 'source-unreachable', 5],
  [501, 'source-unreachable', 1],
  [503, 'source-unreachable', 5],
];
for (const [status, code, requests] of statuses) {
  test(`status ${status} is ${code} after ${requests} requests`, async (t) => {
    const { read, server } = await manifestFrom(t, (_, response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end('{"errors":[{"code":"SAID","message":"so \\u001b[31m"}]}');
    });
    await assert.rejects(read(), fails(code, /SAID: so \u{fffd}\[31m/u));
    assert.equal(server.seen.length, requests);
  });
}

test('waits as long as asked, or longer each time, and not more than a minute', async (t) => {
  const headers = [
    { 'retry-after': '7' },
    { 'retry-after': 'Thu, 01 Jan 2026 00:00:20 GMT' },
    {},
    { 'retry-after': '61' },
  ];
  const { read, pace, server } = await manifestFrom(t, (_, response) => {
    response.writeHead(429, headers[server.seen.length - 1]).end();
  });
  await assert.rejects(read(), fails('source-unreachable', /status 429/));
  assert.deepEqual(pace.slept, [7000, 20_000, 1600]);
});

test('asks again after a reset connection and a server error', async (t) => {
  const { read, pace, server } = await manifestFrom(t, (request, response) => {
    if (server.seen.length === 1) request.socket.destroy();
    else if (server.seen.length === 2) response.writeHead(502).end();
    else send(response, manifest);
  });
  assert.equal((await read()).digest, sha256(manifest));
  assert.deepEqual(pace.slept, [400, 800]);
});

// Timers of connections are coarse, so these wait at the same time.
describe('a peer that hangs', { concurrency: true }, () => {
  test('a silent peer is given up after its second chance', async (t) => {
    const { read, server } = await manifestFrom(t, () => {}, 150);
    await assert.rejects(read(), fails('source-unreachable', /did not answer in time/));
    assert.equal(server.seen.length, 2);
  });

  test('a peer that stops in the middle, or drips, is given up', async (t) => {
    const stops = await manifestFrom(
      t,
      (_, response) => {
        response.writeHead(200, { 'content-length': 100 });
        response.write('{');
      },
      150,
    );
    await assert.rejects(stops.read(), fails('source-unreachable', /stopped sending/));

    const drips = await manifestFrom(
      t,
      (_, response) => {
        response.writeHead(200, { 'content-length': 4000 });
        const timer = setInterval(() => response.write('x'), 20);
        response.on('close', () => clearInterval(timer));
      },
      150,
    );
    await assert.rejects(drips.read(), fails('source-unreachable', /sends next to nothing/));
  });

  test('headers that drip or have no end are given up', async (t) => {
    const header = (text: string): Handler => {
      return (request) => {
        request.socket.write('HTTP/1.1 200 OK\r\n');
        const timer = setInterval(() => request.socket.write(text), 10);
        request.socket.on('close', () => clearInterval(timer));
        request.socket.on('error', () => {});
      };
    };
    const drips = await manifestFrom(t, header('x: y\r\n'), 150);
    await assert.rejects(drips.read(), fails('source-unreachable', /did not answer in time/));
    const many = await manifestFrom(t, header(`x: ${'y'.repeat(10_000)}\r\n`));
    await assert.rejects(many.read(), fails('source-unreachable', /headers are too large/));
  });
});

test('a web page is no registry', async (t) => {
  const { read } = await manifestFrom(t, (_, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<html>Sign in</html>');
  });
  await assert.rejects(read(), fails('source-unreachable', /answers with a web page/));
});

test('bytes that are no HTTP are a failure', async (t) => {
  const { read } = await manifestFrom(t, (request) => request.socket.end('SSH-2.0-OpenSSH\r\n'));
  await assert.rejects(read(), fails('source-unreachable', /does not answer in HTTP/));
});

test('redirects in a circle, too many, to nowhere or to another scheme are refused', async (t) => {
  const cases: readonly (readonly [(n: number) => string, RegExp])[] = [
    [(n) => (n % 2 ? '/there' : '/v2/a/b/manifests/1'), /redirects in a circle/],
    [(n) => `/hop${n}`, /redirects more than 5 times/],
    [() => 'http://', /redirects to no valid address/],
    [() => 'file:///etc/passwd', /redirects to file:/],
  ];
  for (const [location, message] of cases) {
    const { read, server } = await manifestFrom(t, (_, response) => {
      response.writeHead(302, { location: location(server.seen.length) }).end();
    });
    await assert.rejects(read(), fails('source-unreachable', message));
    assert.ok(server.seen.length <= 6);
  }
});

test('an abort ends the wait and is told as such', async (t) => {
  const stop = new AbortController();
  const server = await loopback(t, () => stop.abort());
  const client = await clientFor(t, `${server.host}/a:1`, { signal: stop.signal });
  await assert.rejects(client.manifest('1', [ociType], 4096), fails('aborted', /Stopped/));
});

test('without --insecure a registry with plain http is not talked to', async (t) => {
  const server = await loopback(t, (_, response) => send(response, manifest));
  const client = await clientFor(t, `${server.host}/a:1`, { insecure: false });
  await assert.rejects(client.manifest('1', [ociType], 4096), fails('source-unreachable', /does not speak TLS/));
  assert.deepEqual(server.seen, []);
});

test('mirrors are asked first, under their path, and the registry after them', async (t) => {
  const blob = randomBytes(1000);
  const empty = await loopback(t, (_, response) => response.writeHead(404).end());
  const liar = await loopback(t, (_, response) => send(response, Buffer.from('{}')));
  const good = await loopback(t, (request, response) =>
    send(response, request.url?.includes('blobs') ? blob : manifest),
  );
  const registry = await loopback(t, (request, response) =>
    send(response, request.url?.includes('blobs') ? blob : manifest),
  );
  const digest = sha256(manifest);
  const read = async (mirrors: string[]) => {
    const client = await clientFor(t, `${registry.host}/a@${digest}`, { mirrors: { [registry.host]: mirrors } });
    assert.deepEqual(await client.manifest(digest, [ociType], 4096), { bytes: manifest, digest });
    assert.deepEqual(await client.blobBytes(sha256(blob), 1000, 1000), blob);
  };
  await read([empty.host, `http://${good.host}/hub/`]);
  assert.deepEqual(registry.seen, []);
  assert.deepEqual(good.seen, [`GET /hub/v2/a/manifests/${digest} -`, `GET /hub/v2/a/blobs/${sha256(blob)} -`]);
  await read(['127.0.0.1:1', liar.host]);
  assert.equal(registry.seen.length, 2);
  await assert.rejects(read(['ftp://x']), fails('config-invalid', /is no mirror/));
  await assert.rejects(
    clientFor(t, 'x.example/a', { insecure: false, mirrors: { 'x.example': ['http://m'] } }),
    fails('config-invalid', /plain http is not allowed/),
  );
});
