import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { CodedError, type FailureCode } from '../../model/errors.ts';
import { clientFor, collect, loopback, notedPace, sha256 } from './testing/loopback.ts';

const blob = randomBytes(300_000);
const digest = sha256(blob);

type Blob = (request: IncomingMessage, response: ServerResponse, nth: number) => void;

async function blobFrom(t: TestContext, handle: Blob, options: { size?: number; idleTimeoutMs?: number } = {}) {
  let nth = 0;
  const ranges: (string | undefined)[] = [];
  const server = await loopback(t, (request, response) => {
    ranges.push(request.headers.range);
    handle(request, response, ++nth);
  });
  const { idleTimeoutMs = 5_000, size = blob.length } = options;
  const client = await clientFor(t, `${server.host}/a`, { idleTimeoutMs }, notedPace());
  const signal = new AbortController().signal;
  return { ranges, read: () => collect(client.blob(digest, size, signal)), client };
}

const startOf = (request: IncomingMessage): number => Number(/\d+/.exec(request.headers.range ?? '')?.[0] ?? 0);

/** Sends the blob from where it is asked for; breaks the connection after `most` bytes. */
function resumable(request: IncomingMessage, response: ServerResponse, most: number): void {
  const start = startOf(request);
  const headers = { 'content-length': blob.length - start };
  if (start > 0) {
    response.writeHead(206, { ...headers, 'content-range': `bytes ${start}-${blob.length - 1}/${blob.length}` });
  } else response.writeHead(200, headers);
  if (start + most >= blob.length) response.end(blob.subarray(start));
  else response.write(blob.subarray(start, start + most), () => response.destroy());
}

const fails = (code: FailureCode, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof CodedError, String(error));
  assert.deepEqual([error.code, message.test(error.message)], [code, true], `${error.code}: ${error.message}`);
  return true;
};

test('reads a blob, also an empty one', async (t) => {
  const { read, ranges, client } = await blobFrom(t, (request, response) => {
    if (request.url?.endsWith(digest)) resumable(request, response, blob.length);
    else response.writeHead(200).end();
  });
  assert.deepEqual(await read(), blob);
  assert.deepEqual(ranges, [undefined]);
  const empty = new Uint8Array();
  assert.equal((await client.blobBytes(sha256(empty), 0, 10)).length, 0);
  await assert.rejects(client.blobBytes(digest, 11, 10), fails('limit-exceeded', /11 bytes are more than the 10/));
});

test('a broken blob is resumed where it broke', async (t) => {
  const { read, ranges } = await blobFrom(t, (request, response, nth) => {
    resumable(request, response, nth === 4 ? blob.length : 90_000);
  });
  assert.deepEqual(await read(), blob);
  assert.equal(ranges.length, 4);
  assert.deepEqual(
    [ranges[0], ...ranges.slice(1).map((r) => /^bytes=\d+-$/.test(r ?? ''))],
    [undefined, true, true, true],
  );
});

test('where there are no ranges it starts anew and hands on each byte once', async (t) => {
  const { read, ranges } = await blobFrom(t, (_, response, nth) => {
    response.writeHead(200, { 'content-length': blob.length });
    if (nth === 3) response.end(blob);
    else response.write(blob.subarray(0, 100_000 * nth), () => response.destroy());
  });
  assert.deepEqual(await read(), blob);
  assert.equal(ranges.length, 3);
});

test('a peer that breaks off again and again is given up', async (t) => {
  const { read, ranges } = await blobFrom(t, (request, response) => resumable(request, response, 10));
  await assert.rejects(read(), fails('source-unreachable', /connection was closed/));
  assert.equal(ranges.length, 5);
});

test('a chunked body that ends early is resumed, one with more bytes is refused', async (t) => {
  const short = await blobFrom(t, (request, response, nth) => {
    if (nth === 1) response.writeHead(200).end(blob.subarray(0, 1000));
    else resumable(request, response, blob.length);
  });
  assert.deepEqual(await short.read(), blob);

  const long = await blobFrom(t, (_, response) => {
    response.writeHead(200);
    const more = (): void => {
      while (!response.destroyed && response.write(blob));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  });
  await assert.rejects(long.read(), fails('digest-mismatch', /sends more than 300000 bytes; the manifest says 300000/));
  assert.equal(long.ranges.length, 1);
});

test('a length that is not that of the manifest is refused before a byte is read', async (t) => {
  const { read } = await blobFrom(t, (_, response) => response.writeHead(200, { 'content-length': 5 }).end('12345'));
  await assert.rejects(read(), fails('digest-mismatch', /sends 5 bytes; the manifest says 300000/));
});

test('a length that is a lie is a broken connection', async (t) => {
  const { read } = await blobFrom(t, (_, response) => {
    response.writeHead(200, { 'content-length': blob.length });
    response.write(blob.subarray(0, 10), () => response.socket?.end());
  });
  await assert.rejects(read(), fails('source-unreachable', /connection was closed/));
});

test('other bytes than asked for are refused', async (t) => {
  const { read } = await blobFrom(t, (_, response) => response.end(randomBytes(blob.length)));
  await assert.rejects(read(), fails('digest-mismatch', /have the digest sha256:/));
});

test('another range than asked for is refused', async (t) => {
  const { read, ranges } = await blobFrom(t, (request, response, nth) => {
    if (nth === 1) return resumable(request, response, 10);
    response.writeHead(206, { 'content-range': `bytes 0-9/${blob.length}` }).end(blob.subarray(0, 10));
  });
  await assert.rejects(read(), fails('source-unreachable', /another range of bytes/));
  assert.equal(ranges.length, 5);
});

test('a reader that is slow is not taken for a peer that is', async (t) => {
  const { client } = await blobFrom(t, (request, response) => resumable(request, response, blob.length), {
    idleTimeoutMs: 100,
  });
  let size = 0;
  for await (const chunk of client.blob(digest, blob.length, new AbortController().signal)) {
    if (size === 0) await new Promise((resolve) => setTimeout(resolve, 300));
    size += chunk.length;
  }
  assert.equal(size, blob.length);
});

test('redirects to other hosts carry no login, and ranges all the same', async (t) => {
  const storage: string[] = [];
  const other = await loopback(t, (request, response) => {
    storage.push(`${request.headers.authorization ?? '-'} ${request.headers.range ?? '-'}`);
    resumable(request, response, storage.length === 1 ? 1000 : blob.length);
  });
  const server = await loopback(t, (request, response) => {
    if (request.headers.authorization === undefined) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
    } else if (request.url?.startsWith('/v2/')) {
      response.writeHead(307, { location: '/here' }).end();
    } else response.writeHead(307, { location: `http://u:p@${other.host}/blob?signature=s` }).end();
  });
  const env = { KVITTO_USERNAME: 'u', KVITTO_PASSWORD: 'pw' };
  const client = await clientFor(t, `${server.host}/a`, { env });
  assert.deepEqual(await collect(client.blob(digest, blob.length, new AbortController().signal)), blob);
  assert.equal(storage.length, 2);
  assert.deepEqual(
    storage.map((line) => line.split(' ')[0]),
    ['-', '-'],
  );
  assert.deepEqual(
    storage.map((line) => line.includes('bytes=')),
    [false, true],
  );
  assert.deepEqual(
    server.seen.map((line) => line.replace(/sha256:\w+/, 'D')),
    ['-', 'Basic dTpwdw==', 'Basic dTpwdw==']
      .flatMap((a, n) => (n === 1 ? [`GET /v2/a/blobs/D ${a}`, `GET /here ${a}`] : [`GET /v2/a/blobs/D ${a}`]))
      .concat('GET /here Basic dTpwdw=='),
  );
});

test('wherever a blob breaks, its bytes come out once and in order', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 200_000 }), { maxLength: 4 }), async (breaks) => {
      const { read } = await blobFrom(t, (request, response, nth) => {
        resumable(request, response, breaks[nth - 1] ?? blob.length);
      });
      assert.deepEqual(await read(), blob);
    }),
    { numRuns: 15 },
  );
});
