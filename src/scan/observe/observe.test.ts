import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { CodedError, type FailureCode } from '../../model/errors.ts';
import type { Observation } from '../../model/observation.ts';
import type { Problem } from '../../model/problem.ts';
import { type ObserveOptions, observeDaemon } from './observe.ts';

type Kind = Observation['source'];
type Handle = (request: IncomingMessage, response: ServerResponse) => void;

/** A daemon at a socket of its own; how to observe it, and what it was asked. */
async function fakeDaemon(t: TestContext, handle: Handle) {
  const folder = await mkdtemp(join(tmpdir(), 'kvitto-'));
  const path = join(folder, 'd.sock');
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    assert.equal(request.method, 'GET', 'nothing is changed on the host');
    handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.after(async () => {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true, force: true });
  });
  const observe = (kind: Kind, more: Partial<ObserveOptions> = {}): Promise<Observation> =>
    observeDaemon(kind, {
      changes: true,
      offline: true,
      env: { DOCKER_HOST: `unix://${path}`, CONTAINER_HOST: `unix://${path}` },
      idleTimeoutMs: 5_000,
      signal: new AbortController().signal,
      ...more,
    });
  return { observe, asked, path };
}

const fails = (code: FailureCode, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof CodedError, String(error));
  assert.deepEqual([error.code, message.test(error.message)], [code, true], `${error.code}: ${error.message}`);
  assert.ok(error.remedy !== undefined || code === 'aborted');
  return true;
};

interface Recording {
  readonly containers: { readonly web: string; readonly held: string; readonly gone: string };
  readonly answers: Readonly<
    Record<string, { readonly status: number; readonly file: string; readonly stat?: string }>
  >;
}

/** Answers with the bytes that a real daemon answered with. */
async function recorded(kind: Kind): Promise<{ recording: Recording; handle: Handle }> {
  const folder = join(import.meta.dirname, 'testdata', kind);
  const recording: Recording = JSON.parse(await readFile(join(folder, 'answers.json'), 'utf8'));
  const bodies = new Map<string, Buffer>();
  for (const { file } of Object.values(recording.answers)) bodies.set(file, await readFile(join(folder, file)));
  const handle: Handle = (request, response) => {
    const answer = recording.answers[request.url ?? ''];
    const headers = answer?.stat === undefined ? {} : { 'X-Docker-Container-Path-Stat': answer.stat };
    response.writeHead(answer?.status ?? 418, headers).end(bodies.get(answer?.file ?? '') ?? '');
  };
  return { recording, handle };
}

const byHand = [
  { path: '/fresh', kind: 'added' },
  { path: '/fresh/dir', kind: 'added' },
  { path: '/fresh/dir/f', kind: 'added' },
  { path: '/opt/a', kind: 'changed' },
  { path: '/opt/y', kind: 'deleted' },
  { path: '/srv/app/new', kind: 'added' },
  { path: '/srv/app/one', kind: 'changed' },
  { path: '/srv/app/two', kind: 'deleted' },
] as const;

describe('answers of real daemons', () => {
  const title = { 'org.opencontainers.image.title': 'shop' };
  const compose = { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' };
  for (const kind of ['docker', 'podman'] as const) {
    test(kind, async (t) => {
      const { recording, handle } = await recorded(kind);
      const { observe, asked } = await fakeDaemon(t, handle);
      const { at, containers, ...rest } = await observe(kind);
      assert.deepEqual(rest, { source: kind, changesAsked: true, problems: [] });
      assert.ok(Math.abs(Date.parse(at) - Date.now()) < 60_000 && at.endsWith('Z'), at);
      const [held, web] = containers;
      assert.deepEqual(containers, [
        {
          ...held,
          id: recording.containers.held,
          name: 'held',
          labels: title,
          changes: [],
          moreChanges: 0,
          problems: [],
        },
        {
          ...web,
          ...{ id: recording.containers.web, name: 'web-1', labels: { ...compose, ...title } },
          ...{ changes: byHand, moreChanges: 0, problems: [] },
        },
      ]);
      const expected = JSON.parse(await readFile(join(import.meta.dirname, 'testdata', kind, 'web-1.json'), 'utf8'));
      const { Image: configDigest, Config: config, State: state } = expected;
      assert.deepEqual(
        containers.map((c) => ({ ...c, startedAt: '', labels: {}, changes: [], id: '', name: '' })),
        Array(2).fill({
          ...{ id: '', name: '', image: config.Image, configDigest, labels: {}, startedAt: '' },
          ...{ manifestDigests: web?.manifestDigests, changes: [], moreChanges: 0, problems: [] },
        }),
      );
      assert.equal(web?.manifestDigests.length, 1);
      assert.match(web?.manifestDigests[0] ?? '', /^sha256:[0-9a-f]{64}$/);
      assert.equal(web?.startedAt, `${state.StartedAt.slice(0, 23)}Z`);
      const images = asked.filter((path) => path.startsWith('/images/'));
      assert.equal(images.length, 1, 'an image is asked for once');
      assert.ok(!JSON.stringify(containers).includes('secret') && !JSON.stringify(containers).includes('hunter2'));
    });
  }

  test('without changes nothing asks for them', async (t) => {
    const { handle } = await recorded('docker');
    const { observe, asked } = await fakeDaemon(t, handle);
    const { changesAsked, containers } = await observe('docker', { changes: false });
    assert.deepEqual([changesAsked, containers.map((c) => c.changes)], [false, [null, null]]);
    assert.deepEqual(
      asked.filter((path) => path.endsWith('/changes')),
      [],
    );
  });

  test('accounts that were written after the start are told', async (t) => {
    const { handle } = await recorded('podman');
    const stat = Buffer.from('{"name":"passwd","mtime":"2027-01-01T00:00:00.5+01:00"}').toString('base64');
    const { observe } = await fakeDaemon(t, (request, response) => {
      if (!request.url?.endsWith('passwd')) handle(request, response);
      else response.writeHead(200, { 'X-Docker-Container-Path-Stat': stat }).end('tar');
    });
    const { containers } = await observe('podman');
    assert.deepEqual(containers[0]?.changes, [{ path: '/etc/passwd', kind: 'added' }]);
  });
});

const id = (digit: string): string => digit.repeat(64);
const digest = `sha256:${id('f')}` as const;
const imagePath = `/images/sha256%3A${id('f')}/json`;
const inspection = (more: object = {}): object => ({
  Id: 'unused',
  Name: '/c',
  Image: digest,
  Created: '2026-01-01T00:00:00Z',
  State: { Running: true, StartedAt: '2026-01-01T00:00:00Z' },
  Config: { Image: 'shop:1', Labels: null },
  ...more,
});
const plain = {
  ...{ id: id('1'), name: 'c', image: 'shop:1', configDigest: digest, manifestDigests: [], labels: {} },
  ...{ startedAt: '2026-01-01T00:00:00.000Z', changes: [], moreChanges: 0, problems: [] },
};
const place = 'docker container 111111111111';

/** One container, `1…`, of the image `f…`; paths by their end. */
const answering =
  (answers: Readonly<Record<string, unknown>>): Handle =>
  (request, response) => {
    const url = request.url ?? '';
    const all: Readonly<Record<string, unknown>> = {
      '/containers/json': [{ Id: id('1') }],
      '/json': inspection(),
      '/changes': null,
      [imagePath]: { RepoDigests: [] },
      ...answers,
    };
    const key =
      Object.keys(all)
        .sort((a, b) => b.length - a.length)
        .find((end) => url.endsWith(end)) ?? '';
    const answer = all[key];
    if (typeof answer === 'function') answer(response);
    else if (typeof answer === 'number') response.writeHead(answer).end('{"message":"no\\u001b[2J"}');
    else response.end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  };
const noJson = (response: ServerResponse): void => void response.end('<html>');

describe('odd and hostile answers', () => {
  const cases: readonly (readonly [string, Record<string, unknown>, object | null, readonly Problem[]])[] = [
    ['a container as expected', {}, {}, []],
    ['an id without its algorithm', { '/json': inspection({ Image: id('f') }) }, {}, []],
    [
      'digests of manifests, each once, also of the containerd store',
      {
        '/json': inspection({ ImageManifestDescriptor: { digest: `sha256:${id('b')}` } }),
        [imagePath]: {
          RepoDigests: [`a/b:5000/c@sha256:${id('c')}`, `d@sha256:${id('c')}`, '<none>@<none>', 7, 'x@sha256:1'],
          Descriptor: { digest: `sha256:${id('a')}` },
        },
      },
      { manifestDigests: [`sha256:${id('a')}`, `sha256:${id('b')}`, `sha256:${id('c')}`] },
      [],
    ],
    ['one that ended', { '/json': 404 }, null, []],
    ['one that ended, and is still known', { '/json': inspection({ State: { Running: false } }) }, null, []],
    ['one that ended before its files were told', { '/changes': 404 }, null, []],
    [
      'names and labels of an attacker',
      {
        '/json': `{"Name":"/\\u001b[2J${'n'.repeat(500)}","Image":"${digest}","__proto__":{"a":1},
          "State":{"StartedAt":"2026-01-01T01:00:00.123456789+01:00"},"Config":{"Image":"\\u202ex\\ud800","Labels":
          {"__proto__":{"kvitto.service":"x"},"constructor":"x","kvitto.service":"s\\n","kvitto.environment":7}}}`,
      },
      {
        name: `\u{fffd}[2J${'n'.repeat(251)}…`,
        image: '\u{fffd}x\u{fffd}',
        labels: { 'kvitto.service': 's\u{fffd}' },
        startedAt: '2026-01-01T00:00:00.123Z',
      },
      [],
    ],
    ['labels that are inherited', { '/json': inspection({ Config: [] }) }, { image: digest }, []],
    [
      'an inspection that is no JSON',
      { '/json': noJson },
      null,
      [
        {
          code: 'malformed',
          where: place,
          message: `${place}: not JSON: Unexpected token '<', "<html>" is not valid JSON.`,
        },
      ],
    ],
    [
      'an inspection without an image',
      { '/json': inspection({ Image: 'sha256:x' }) },
      null,
      [{ code: 'malformed', where: place, message: 'its inspection names no image id or start' }],
    ],
    [
      'a start that is no moment',
      { '/json': inspection({ State: { StartedAt: '2026-13-01T00:00:00Z' } }) },
      null,
      [{ code: 'malformed', where: place, message: 'its inspection names no image id or start' }],
    ],
    [
      'a refusal',
      { '/json': 500 },
      null,
      [{ code: 'unreadable', where: place, message: `${place}: status 500 (no\u{fffd}[2J).` }],
    ],
    [
      'an image that is there no more',
      { [imagePath]: 404 },
      {
        problems: [
          {
            code: 'unreadable',
            where: `image ${digest}`,
            message: 'the daemon holds it no more: the digest of its manifest is not known',
          },
        ],
      },
      [],
    ],
    [
      'an image that is none',
      { [imagePath]: [[]] },
      { problems: [{ code: 'malformed', where: `image ${digest}`, message: 'its inspection is no object' }] },
      [],
    ],
    [
      'changes that are none',
      { '/changes': { Path: '/x', Kind: 0 } },
      {
        changes: null,
        problems: [
          {
            code: 'malformed',
            where: 'docker container c',
            message: 'its list of changed files is none: they are not known',
          },
        ],
      },
      [],
    ],
    [
      'changes that are refused',
      { '/changes': 500 },
      {
        changes: null,
        problems: [
          {
            code: 'unreadable',
            where: 'docker container c',
            message: 'changed files of docker container c: status 500 (no\u{fffd}[2J).',
          },
        ],
      },
      [],
    ],
    [
      'changes without end',
      { '/changes': (r: ServerResponse) => r.end(`[${'{"Path":"/x","Kind":1},'.repeat(10_000)}`) },
      {
        changes: null,
        problems: [
          {
            code: 'limit-exceeded',
            where: 'docker container c',
            message: 'changed files of docker container c: its answer has more than 65536 bytes.',
          },
        ],
      },
      [],
    ],
    [
      'changes as deep as can be',
      { '/changes': '['.repeat(60_000) },
      {
        changes: null,
        problems: [
          {
            code: 'malformed',
            where: 'docker container c',
            message: 'changed files of docker container c: not JSON: Unexpected end of JSON input.',
          },
        ],
      },
      [],
    ],
    [
      'bytes that are no UTF-8',
      { '/changes': (r: ServerResponse) => r.end(Buffer.from([0x5b, 0xff, 0x5d])) },
      {
        changes: null,
        problems: [
          {
            code: 'malformed',
            where: 'docker container c',
            message:
              'changed files of docker container c: not JSON: The encoded data was not valid for encoding utf-8.',
          },
        ],
      },
      [],
    ],
  ];
  for (const [what, answers, expected, problems] of cases) {
    test(what, async (t) => {
      const { observe, path } = await fakeDaemon(t, answering(answers));
      const seen = await observe('docker', { limits: { answerBytes: 65_536 } });
      // The place of the socket is another one for each test.
      const text = JSON.stringify(seen).replaceAll(`Docker at ${path}: `, '');
      const { containers, problems: told }: Observation = JSON.parse(text);
      assert.deepEqual(
        { containers, told },
        { containers: expected === null ? [] : [{ ...plain, ...expected }], told: problems },
      );
    });
  }

  test('a container that ends while its files are looked at, in the words of podman', async (t) => {
    let inspections = 0;
    const list = { [`${encodeURIComponent('"paused"]}')}`]: [{ Id: id('1') }] };
    const once = (response: ServerResponse): void => {
      inspections++;
      if (inspections === 1) response.end(JSON.stringify(inspection()));
      else response.writeHead(404).end('{"cause":"no such container","response":404}');
    };
    const { observe } = await fakeDaemon(t, answering({ ...list, [`${id('1')}/json`]: once, '/changes': 500 }));
    const { containers, problems } = await observe('podman');
    assert.deepEqual({ containers, problems, inspections }, { containers: [], problems: [], inspections: 2 });
  });

  test('a connection that breaks off costs what it carried', async (t) => {
    const broken = (response: ServerResponse): void => {
      response.writeHead(200, { 'content-length': 100 }).write('[');
      setTimeout(() => response.destroy(), 10);
    };
    const { observe } = await fakeDaemon(t, answering({ '/changes': broken }));
    const { containers } = await observe('docker');
    assert.deepEqual(
      containers.map((c) => [
        c.name,
        c.changes,
        c.problems.map((p) => [p.code, /the connection broke/.test(p.message)]),
      ]),
      [['c', null, [['unreadable', true]]]],
    );
  });

  test('a daemon that falls silent', async (t) => {
    const { observe } = await fakeDaemon(t, answering({ '/changes': () => undefined }));
    const { containers } = await observe('docker', { idleTimeoutMs: 50 });
    assert.deepEqual(
      containers.map((c) => [c.changes, c.problems.map((p) => [p.code, /sent nothing for 0\.1 s/.test(p.message)])]),
      [[null, [['unreadable', true]]]],
    );
  });

  const lists: readonly (readonly [string, unknown, FailureCode, RegExp])[] = [
    ['no list', {}, 'source-unsupported', /its list of containers is none/],
    ['null', null, 'source-unsupported', /its list of containers is none/],
    ['no JSON', noJson, 'document-invalid', /list of containers: not JSON/],
    ['an id that is a path', [{ Id: '../images' }], 'source-unsupported', /its list of containers is none/],
    ['too long a list', Array(2_000).fill({ Id: id('1') }), 'limit-exceeded', /more than 65536 bytes/],
    ['a refusal', 403, 'source-unauthorized', /status 403 \(no\u{fffd}\[2J\)/u],
    ['an error', 500, 'source-unreachable', /status 500/],
    ['no such path', 404, 'source-unsupported', /its list of containers is none/],
  ];
  for (const [what, answer, code, message] of lists) {
    test(`the list of containers: ${what}`, async (t) => {
      const { observe } = await fakeDaemon(t, answering({ '/containers/json': answer }));
      await assert.rejects(observe('docker', { limits: { answerBytes: 65_536 } }), fails(code, message));
    });
  }
});

describe('limits', () => {
  const ids = ['1', '2', '3', '4', '5', '6'].map(id);
  const many = (changes: number): Handle =>
    answering({
      '/containers/json': [...ids, ids[0]].map((Id) => ({ Id })),
      '/changes': Array.from({ length: changes }, (_, at) => ({ Path: `/${at}`, Kind: 1 })),
    });

  test('containers that are too many are told', async (t) => {
    const { observe } = await fakeDaemon(t, many(0));
    const { containers, problems } = await observe('docker', { limits: { containers: 5 } });
    assert.deepEqual(
      containers.map((c) => c.id),
      ids.slice(0, 5),
    );
    const message = '6 containers run; the first 5 of them are listed';
    assert.deepEqual(problems, [{ code: 'limit-exceeded', where: 'docker', message }]);
  });

  test('changes beyond the limit of one container or of all are counted', async (t) => {
    const { observe } = await fakeDaemon(t, many(5));
    const { containers } = await observe('docker', { limits: { changesOfOne: 4, changes: 10 } });
    assert.deepEqual(
      containers.map((c) => [c.changes?.length, c.moreChanges]),
      [
        [4, 1],
        [4, 1],
        [2, 3],
        [0, 5],
        [0, 5],
        [0, 5],
      ],
    );
    assert.deepEqual(containers[2]?.changes, [
      { path: '/0', kind: 'added' },
      { path: '/1', kind: 'added' },
    ]);
  });

  test('a daemon that takes too long', async (t) => {
    const { observe } = await fakeDaemon(
      t,
      answering({ '/containers/json': ids.map((Id) => ({ Id })), '/json': () => undefined }),
    );
    const { containers, problems } = await observe('docker', { limits: { totalMs: 200 } });
    assert.deepEqual(containers, []);
    assert.equal(problems.length, 5);
    const message = 'the daemon needed more than 0.2 s: 2 containers were not asked for';
    assert.deepEqual(problems[0], { code: 'limit-exceeded', where: 'docker', message });
    assert.deepEqual(new Set(problems.slice(1).map((p) => p.code)), new Set(['unreadable']));
    const slowList = await fakeDaemon(t, () => undefined);
    await assert.rejects(
      slowList.observe('docker', { limits: { totalMs: 50 } }),
      fails('source-unreachable', /its list of containers took more than 0\.05 s/),
    );
  });

  test('stopped by the user', async (t) => {
    const stop = new AbortController();
    const { observe } = await fakeDaemon(t, answering({ '/json': () => stop.abort() }));
    await assert.rejects(observe('docker', { signal: stop.signal }), fails('aborted', /^Stopped/));
    await assert.rejects(observe('docker', { signal: AbortSignal.abort() }), fails('aborted', /^Stopped/));
  });
});

describe('where the daemon listens', () => {
  const options = (env: Record<string, string>): ObserveOptions => ({
    ...{ changes: true, offline: true, env, idleTimeoutMs: 1_000, signal: new AbortController().signal },
  });
  test('nothing listens', async () => {
    await assert.rejects(
      observeDaemon('docker', options({ DOCKER_HOST: 'unix:///nowhere/d.sock' })),
      fails('source-unreachable', /^Docker at \/nowhere\/d\.sock: no daemon listens there\.$/),
    );
    await assert.rejects(
      observeDaemon('podman', options({ CONTAINER_HOST: 'unix:///nowhere/p.sock' })),
      fails('source-unreachable', /^podman at \/nowhere\/p\.sock: no daemon listens there\.$/),
    );
  });
  test('the network is not asked with --offline', async () => {
    await assert.rejects(
      observeDaemon('docker', options({ DOCKER_HOST: 'tcp://192.0.2.1:2375' })),
      fails('source-unreachable', /^Docker at tcp:\/\/192\.0\.2\.1:2375 cannot be asked with --offline\.$/),
    );
    await assert.rejects(
      observeDaemon('podman', options({ CONTAINER_HOST: 'x' })),
      fails('usage', /is not the address/),
    );
  });
});
