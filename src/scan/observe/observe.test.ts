import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { type ObserveOptions, observeDaemon } from './observe.ts';
import { answering, fails, fakeDaemon, type Handle, id, inspection, type Kind } from './testing/fake-daemon.ts';

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
});

describe('accounts that podman writes when it starts a container', () => {
  const early = '2026-01-01T00:00:03Z';
  const late = '2026-01-01T01:00:11.5+01:00';
  const ask = async (t: TestContext, user: string, passwd: object, stat: (response: ServerResponse) => void) => {
    const answers = {
      'paused%22%5D%7D': [{ Id: id('1') }],
      [`${id('1')}/json`]: inspection({ Config: { Image: 'shop:1', User: user } }),
      '/changes': [passwd],
      '/archive?path=%2Fetc%2Fpasswd': stat,
    };
    const { observe, asked } = await fakeDaemon(t, answering(answers));
    const { containers } = await observe('podman');
    return { changes: containers[0]?.changes, asked: asked.some((path) => path.includes('archive')) };
  };
  const at =
    (mtime: unknown, status = 200) =>
    (response: ServerResponse): void => {
      const header = Buffer.from(JSON.stringify({ name: 'passwd', mtime })).toString('base64');
      // The body never ends: it is not read.
      response.writeHead(status, { 'X-Docker-Container-Path-Stat': header }).write('tar');
    };
  const changed = { Path: '/etc/passwd', Kind: 0 };
  const told = [{ path: '/etc/passwd', kind: 'changed' }];
  const cases: readonly (readonly [string, string, (response: ServerResponse) => void, readonly object[]])[] = [
    ['written at the start', '10001', at(early), []],
    ['written later', '10001', at(late), told],
    ['of a container without a user of its own', '', at(early), told],
    ['of a time that is none', '10001', at(7), told],
    ['of no time', '10001', (response) => void response.end('tar'), told],
    [
      'of a header that is none',
      '10001',
      (r) => void r.writeHead(200, { 'X-Docker-Container-Path-Stat': '%' }).end(),
      told,
    ],
    ['that are refused', '10001', (response) => at(early, 404)(response), told],
  ];
  for (const [what, user, stat, expected] of cases) {
    test(what, async (t) => assert.deepEqual((await ask(t, user, changed, stat)).changes, expected));
  }
  test('that were deleted are not asked for', async (t) => {
    assert.deepEqual(await ask(t, '10001', { Path: '/etc/passwd', Kind: 2 }, at(early)), {
      changes: [{ path: '/etc/passwd', kind: 'deleted' }],
      asked: false,
    });
  });
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

  test('containers are sorted by name, then id', async (t) => {
    const named = (names: readonly string[]) =>
      names.map((name, at) => [`${ids[at]}/json`, inspection({ Name: `/${name}` })] as const);
    const list = { '/containers/json': ids.map((Id) => ({ Id })).reverse() };
    const { observe } = await fakeDaemon(t, answering({ ...list, ...Object.fromEntries(named([...'bcabac'])) }));
    const { containers } = await observe('docker');
    assert.deepEqual(
      containers.map((c) => c.name + c.id[0]),
      ['a3', 'a5', 'b1', 'b4', 'c2', 'c6'],
    );
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
