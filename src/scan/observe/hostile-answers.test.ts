import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, test } from 'node:test';
import type { FailureCode } from '../../model/errors.ts';
import type { Observation } from '../../model/observation.ts';
import type { Problem } from '../../model/problem.ts';
import { answering, digest, fails, fakeDaemon, id, imagePath, inspection } from './testing/fake-daemon.ts';

const plain = {
  ...{ id: id('1'), name: 'c', image: 'shop:1', configDigest: digest, manifestDigests: [], labels: {} },
  ...{ startedAt: '2026-01-01T00:00:00.000Z', changes: [], moreChanges: 0, problems: [] },
};
const place = 'docker container 111111111111';

const noJson = (response: ServerResponse): void => void response.end('<html>');

describe('odd and hostile answers', () => {
  /** What is told, the daemon's odd answers, how the container differs from the plain one, and the problems beside it. */
  type Case = readonly [string, Readonly<Record<string, unknown>>, object | null, readonly Problem[]];
  const cases: readonly Case[] = [
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
    [
      'a name whose last character would be cut in two',
      { '/json': inspection({ Name: `${'n'.repeat(254)}\u{1f600}\u{1f600}` }) },
      { name: `${'n'.repeat(254)}\u{fffd}…` },
      [],
    ],
    [
      'labels that are a list',
      { '/json': inspection({ Config: { Image: 7, Labels: ['kvitto.service'] } }) },
      { image: digest },
      [],
    ],
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
    ...['null', '[]', '"x"', '7'].map(
      (text): Case => [
        `an inspection that is ${text}`,
        { '/json': text },
        null,
        [{ code: 'malformed', where: place, message: 'its inspection is no object' }],
      ],
    ),
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

  for (const [what, status, later] of [
    ['is gone', 404, { cause: 'no such container', response: 404 }],
    ['has ended', 200, inspection({ State: { Running: false } })],
  ] as const) {
    test(`a container that ${what} when its files are looked at, in the words of podman`, async (t) => {
      let inspections = 0;
      const once = (response: ServerResponse): void => {
        inspections++;
        if (inspections === 1) response.end(JSON.stringify(inspection()));
        else response.writeHead(status).end(JSON.stringify(later));
      };
      const list = { 'paused%22%5D%7D': [{ Id: id('1') }] };
      const { observe } = await fakeDaemon(t, answering({ ...list, [`${id('1')}/json`]: once, '/changes': 500 }));
      const { containers, problems } = await observe('podman');
      assert.deepEqual({ containers, problems, inspections }, { containers: [], problems: [], inspections: 2 });
    });
  }

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
