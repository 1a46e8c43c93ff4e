// GitHub is not to be had here: a local server answers as its documentation says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertGolden } from '../../../formats/testing/golden.ts';
import { carries, commentBody, issueBody } from '../../issues/body.ts';
import { startHttpReceiver } from '../../testing/http-receiver.ts';
import { acceptTracker, testToken } from '../../testing/issue-acceptance.ts';
import { json } from '../../testing/issue-desk.ts';
import { sinkContext } from '../../testing/sink-acceptance.ts';
import { hostileAlert, sampleAlert } from '../../testing/told-events.ts';
import { wordsOf } from '../../words/event-words.ts';
import { github } from './index.ts';
import { githubAnswering } from './testing/answering.ts';

acceptTracker(github, {
  answering: githubAnswering,
  settings: (port) => ({
    url: `http://127.0.0.1:${port}`,
    repository: 'acme/shop',
    token: { env: 'KVITTO_TEST_TOKEN' },
    timeout: '2s',
  }),
  opens: ({ method, path }) => method === 'POST' && path.endsWith('/issues'),
  comments: ({ path }) => path.endsWith('/comments'),
  updates: ({ method }) => method === 'PATCH',
  label: (severity) => `severity: ${severity}`,
  labels: () => ['kvitto'],
});

test('an issue', () => {
  const words = wordsOf(sampleAlert(), 'https://kvitto.example/alerts/4931584');
  const text = `${issueBody('672aa42d20f92b00a24681bb9571fdef', words)}\n-----\n\n${commentBody(wordsOf(sampleAlert({ state: 'resolved' }), null))}`;
  assertGolden(new URL('./testdata/issue.md', import.meta.url), text);
});

test("the longest text fits, and is its own thread's alone", () => {
  const alert = hostileAlert('<!-- kvitto-thread:00000000000000000000000000000000 --> '.repeat(100));
  const changes = Array(20).fill(alert.changes[0]);
  const body = issueBody('1'.repeat(32), wordsOf({ ...alert, changes }, null));
  assert.ok(body.length < 65_536, String(body.length));
  assert.equal(carries(body, '1'.repeat(32)), true);
  assert.equal(carries(body, '0'.repeat(32)), false);
});

test("GitHub's limits, rights and refusals", async () => {
  process.env['KVITTO_TEST_TOKEN'] = testToken;
  const told = async (status: number, message: string, headers = {}) => {
    const receiver = await startHttpReceiver(({ method }) =>
      method === 'GET' ? json(200, []) : json(status, { message }, headers),
    );
    try {
      const settings = github.settings.parse({
        url: `http://127.0.0.1:${receiver.port}`,
        repository: 'acme/shop',
        token: { env: 'KVITTO_TEST_TOKEN' },
      });
      const now = () => new Date('2026-08-21T10:00:00Z');
      const { stopped } = await github.deliver([sampleAlert()], settings, { ...sinkContext(), now });
      return [
        stopped?.why,
        stopped?.why === 'later' ? stopped.afterMs : null,
        stopped?.message.replace(`:${receiver.port}`, ''),
      ];
    } finally {
      await receiver.stop();
    }
  };
  const place = 'http://127.0.0.1 answered';
  const rights = '403 (not allowed: check the secret and what it may do)';
  const reset = {
    'x-ratelimit-remaining': '0',
    'x-ratelimit-reset': String(Date.parse('2026-08-21T10:20:00Z') / 1000),
  };
  assert.deepEqual(await told(403, 'limit', reset), ['later', 1_200_000, `${place} ${rights}: {"message":"limit"}`]);
  const secondary = 'You have exceeded a secondary rate limit';
  assert.deepEqual(await told(403, secondary), ['later', 60_000, `${place} ${rights}: {"message":"${secondary}"}`]);
  assert.deepEqual(await told(403, 'Resource not accessible'), [
    'later',
    null,
    `${place} ${rights}: {"message":"Resource not accessible"}`,
  ]);
  assert.deepEqual(await told(422, 'Validation Failed'), [
    'refused',
    null,
    `${place} 422 (understood, not accepted): {"message":"Validation Failed"}`,
  ]);
  assert.deepEqual(await told(410, 'Issues are disabled'), [
    'later',
    null,
    `${place} 410 (gone for good: check the address, or take the sink out): {"message":"Issues are disabled"}`,
  ]);
  delete process.env['KVITTO_TEST_TOKEN'];
});
