import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import tar from 'tar-stream';
import { CodedError, type FailureCode } from '../model/errors.ts';
import { type Daemon, openDaemonImage } from './daemon-image.ts';
import { type DaemonPlace, formatPlace, parseDaemonHost } from './daemon-place.ts';
import { digestOf } from './digest.ts';
import type { SourceOptions } from './source.ts';

const words = {
  name: 'Docker',
  whenAbsent: 'Start Docker now.',
  whenForbidden: 'Join the group docker.',
  instead: 'scan a file',
};

const options = (more: Partial<SourceOptions> = {}): SourceOptions => ({
  platform: null,
  caFile: null,
  insecure: false,
  offline: false,
  mirrors: {},
  env: {},
  idleTimeoutMs: 5_000,
  signal: new AbortController().signal,
  ...more,
});

const fails =
  (code: FailureCode, message: RegExp, remedy = /./) =>
  (error: unknown) => {
    assert.ok(error instanceof CodedError, String(error));
    assert.deepEqual([error.code, message.test(error.message)], [code, true], `${error.code}: ${error.message}`);
    assert.match(error.remedy ?? '', remedy);
    return true;
  };

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/** A daemon at a socket, with what it was asked. */
async function fakeDaemon(t: TestContext, handle: Handle, otherNames: Daemon['otherNames'] = () => []) {
  const folder = await mkdtemp(join(tmpdir(), 'kvitto-'));
  const path = join(folder, 'd.sock');
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(request.url ?? '');
    handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  const daemon: Daemon = { words, places: [{ kind: 'unix', path }], otherNames, pullCommand: 'docker pull' };
  return { daemon, seen, folder };
}

const layer = Buffer.alloc(1024);
const config = Buffer.from(
  JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [digestOf(layer)] } }),
);
const id = digestOf(config);

async function pack(): Promise<Buffer> {
  const files = tar.pack();
  files.entry({ name: 'l/layer.tar' }, layer);
  files.entry({ name: 'c.json' }, config);
  files.entry(
    { name: 'manifest.json' },
    JSON.stringify([{ Config: 'c.json', RepoTags: null, Layers: ['l/layer.tar'] }]),
  );
  files.finalize();
  const chunks: Uint8Array[] = [];
  for await (const chunk of files as AsyncIterable<Uint8Array>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
const archive = await pack();

const inspected = (more: object = {}): string => JSON.stringify({ Id: id, RepoTags: ['demo:1'], ...more });

async function readAll(daemon: Daemon, target: string, more: Partial<SourceOptions> = {}) {
  const image = await openDaemonImage(daemon, target, options(more));
  let bytes = 0;
  for await (const blob of image.layers(new AbortController().signal)) {
    for await (const chunk of blob.bytes) bytes += chunk.length;
  }
  const { artifact } = await image.describe();
  await image.close();
  return { bytes, artifact };
}

test('reads an image, asks for it by id, and tells the names that the daemon knows', async (t) => {
  const { daemon, seen } = await fakeDaemon(t, (request, response) => {
    if (request.url?.endsWith('/json')) {
      const digests = [`demo@${id}`, '<none>@<none>'];
      response.setHeader('api-version', '1.47');
      response.end(inspected({ RepoTags: ['demo:1', 'a:2', 'demo:1'], RepoDigests: digests }));
    } else response.end(archive);
  });
  const { bytes, artifact } = await readAll(daemon, 'team/demo:1', { platform: 'linux/amd64' });
  assert.equal(bytes, layer.length);
  assert.deepEqual(artifact, {
    kind: 'image',
    name: 'team/demo:1',
    digest: id,
    digestOf: 'config',
    references: ['a:2', 'demo:1', `demo@${id}`],
    platform: 'linux/amd64',
    configDigest: id,
    layers: [{ diffId: digestOf(layer), digest: null, createdBy: null }],
  });
  assert.deepEqual(seen, ['/images/team/demo%3A1/json', `/images/${encodeURIComponent(id)}/get`]);
});

test('says the platform to a daemon that can choose one', async (t) => {
  const { daemon, seen } = await fakeDaemon(t, (request, response) => {
    response.setHeader('api-version', '1.48');
    response.end(request.url?.endsWith('/json') ? inspected() : archive);
  });
  await readAll(daemon, 'demo', { platform: 'linux/amd64' });
  const { searchParams } = new URL(seen[1] ?? '', 'http://d');
  assert.deepEqual(JSON.parse(searchParams.get('platform') ?? ''), { os: 'linux', architecture: 'amd64' });
});

test('tries the other names of an image', async (t) => {
  const handle: Handle = (request, response) => {
    if (request.url === '/images/localhost/demo/json') response.end(inspected());
    else if (request.url?.endsWith('/get')) response.end(archive);
    else response.writeHead(404).end('{"message":"no such image: \\u001b[2Jdemo."}');
  };
  const { daemon } = await fakeDaemon(t, handle, (name) => [`localhost/${name}`]);
  assert.equal((await readAll(daemon, 'demo')).bytes, layer.length);
  await assert.rejects(
    readAll(daemon, 'other'),
    fails('source-not-found', /no image other \(no such image: \u{fffd}\[2Jdemo\)/u, /^docker pull other, or/),
  );
});

const answers: readonly (readonly [string, Handle, FailureCode, RegExp])[] = [
  [
    'an error',
    (_, r) => r.writeHead(500).end('{"message":"disk on fire"}'),
    'source-unreachable',
    /status 500 \(disk on fire\)/,
  ],
  ['an error that is no JSON', (_, r) => r.writeHead(500).end('<html>'), 'source-unreachable', /status 500\.$/],
  [
    'forbidden',
    (_, r) => r.writeHead(403).end('{"message":"plugin says no"}'),
    'source-unauthorized',
    /plugin says no/,
  ],
  ['no JSON', (_, r) => r.end('<html>'), 'source-unreachable', /not JSON/],
  ['no id', (_, r) => r.end('{}'), 'source-unsupported', /names no id/],
  ['an id that is a path', (_, r) => r.end('{"Id":"../../containers"}'), 'source-unsupported', /names no id/],
  ['no end', (_, r) => endless(r), 'limit-exceeded', /more than 8388608 bytes/],
  ['no HTTP', (q) => q.socket.end('hello\r\n'), 'source-unreachable', /the connection broke/],
  ['nothing', () => {}, 'source-unreachable', /sent nothing for 0\.1 s/],
  ['half an answer', (_, r) => r.write('{'), 'source-unreachable', /sent nothing for 0\.1 s/],
];
for (const [name, handle, code, message] of answers) {
  test(`a daemon that answers with ${name}`, async (t) => {
    const { daemon } = await fakeDaemon(t, handle);
    const idleTimeoutMs = name === 'nothing' || name === 'half an answer' ? 100 : 5_000;
    await assert.rejects(readAll(daemon, 'demo', { idleTimeoutMs }), fails(code, message));
  });
}

test('a save that fails, breaks off or falls silent', async (t) => {
  const cases: readonly (readonly [Handle, RegExp])[] = [
    [(_, r) => r.writeHead(500).end('{"message":"no space"}'), /status 500 \(no space\)/],
    [(_, r) => r.write(archive.subarray(0, 600), () => r.destroy()), /the connection broke/],
    [(_, r) => r.write(archive.subarray(0, 600)), /sent nothing for 0\.2 s/],
  ];
  for (const [handle, message] of cases) {
    const { daemon } = await fakeDaemon(t, (request, response) => {
      if (request.url?.endsWith('/json')) response.end(inspected());
      else handle(request, response);
    });
    await assert.rejects(readAll(daemon, 'demo', { idleTimeoutMs: 200 }), fails('source-unreachable', message));
  }
});

test('an abort ends the stream', async (t) => {
  const stop = new AbortController();
  const { daemon } = await fakeDaemon(t, (request, response) => {
    if (request.url?.endsWith('/json')) response.end(inspected());
    else response.write(archive.subarray(0, 600), () => stop.abort());
  });
  await assert.rejects(
    readAll(daemon, 'demo', { signal: stop.signal }),
    (error) => error instanceof CodedError && error.code === 'aborted',
  );
});

test('a daemon that is not there, or not for this user', async (t) => {
  const { daemon, folder } = await fakeDaemon(t, (_, r) => r.end(inspected()));
  const file = join(folder, 'file');
  await writeFile(file, '');
  const at = (...paths: string[]): Daemon => ({
    ...daemon,
    places: paths.map((path): DaemonPlace => ({ kind: 'unix', path })),
  });
  const none = join(folder, 'none');
  await assert.rejects(
    readAll(at(none), 'x'),
    fails('source-unreachable', /none: no daemon listens there/, /^Start Docker now/),
  );
  await assert.rejects(readAll(at(file), 'x'), fails('source-unreachable', /no daemon listens there|not a socket/));
  await assert.rejects(readAll(at(), 'x'), fails('source-unreachable', /No place of Docker/));
  // Where nothing listens at the first place, the next is asked.
  const [place] = daemon.places;
  assert.equal(place?.kind, 'unix');
  const opened = await openDaemonImage(at(none, place.path), 'x', options());
  await opened.close();
  await chmod(place.path, 0);
  // Root may use every socket, so root asks as somebody else.
  const root = process.geteuid?.() === 0;
  if (root) process.seteuid?.(65_534);
  try {
    await assert.rejects(readAll(at(none, place.path), 'x'), fails('source-unauthorized', /may not use/, /^Join/));
  } finally {
    if (root) process.seteuid?.(0);
  }
});

test('over tcp, which --offline allows for this machine alone', async (t) => {
  const server = createServer((request, response) => {
    response.end(request.url?.endsWith('/json') ? inspected() : archive);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const at = (host: string): Daemon => ({
    words,
    places: [parseDaemonHost(`tcp://${host}:${port}`, 'DOCKER_HOST', 2375)],
    otherNames: () => [],
    pullCommand: 'docker pull',
  });
  assert.equal((await readAll(at('127.0.0.1'), 'demo', { offline: true })).bytes, layer.length);
  await assert.rejects(
    readAll(at('docker.invalid'), 'demo', { offline: true }),
    fails('source-unreachable', /cannot be asked with --offline/),
  );
});

test('names that are none are refused before a daemon is asked', async (t) => {
  const { daemon, seen } = await fakeDaemon(t, (_, r) => r.end(inspected()));
  for (const name of ['', '../x', 'a/../b', 'a//b', 'a b', 'a?x=1', 'a\r\nb', '-v', 'a'.repeat(2000)]) {
    await assert.rejects(openDaemonImage(daemon, name, options()), fails('usage', /names no image of a daemon/));
  }
  assert.deepEqual(seen, []);
});

test('addresses of daemons', () => {
  const read = (text: string) => parseDaemonHost(text, 'DOCKER_HOST', 2375);
  assert.deepEqual(read('unix:///run/d.sock'), { kind: 'unix', path: '/run/d.sock' });
  assert.deepEqual(read('tcp://host:80'), { kind: 'tcp', host: 'host', port: 80, tls: null });
  assert.deepEqual(read('tcp://[::1]'), { kind: 'tcp', host: '::1', port: 2375, tls: null });
  assert.deepEqual(read('http://10.0.0.1:1234/'), { kind: 'tcp', host: '10.0.0.1', port: 1234, tls: null });
  assert.equal(formatPlace(read('tcp://host')), 'tcp://host:2375');
  for (const text of ['unix://relative', 'host', 'tcp://', 'tcp://host:99999', 'ftp://x']) {
    assert.throws(() => read(text), fails('usage', /is not the address of a daemon/));
  }
  for (const text of ['ssh://user@host', 'https://host:2376', 'npipe:////./pipe/docker_engine']) {
    assert.throws(() => read(text), fails('source-unsupported', /cannot be asked/));
  }
});

function endless(response: ServerResponse): void {
  const more = (): void => {
    while (!response.destroyed && response.write(Buffer.alloc(65_536)));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
}
