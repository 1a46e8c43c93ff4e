// GitLab is not to be had here: a local server answers as its documentation says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { commentBody, issueBody } from '../../issues/body.ts';
import { hostileText } from '../../testing/hostile-marks.ts';
import { startHttpReceiver } from '../../testing/http-receiver.ts';
import { acceptTracker, testToken } from '../../testing/issue-acceptance.ts';
import { json, startIssueServer } from '../../testing/issue-desk.ts';
import { sinkContext } from '../../testing/sink-acceptance.ts';
import { hostileAlert, sampleAlert } from '../../testing/told-events.ts';
import { wordsOf } from '../../words/event-words.ts';
import { gitlab } from './index.ts';
import { gitlabAnswering } from './testing/answering.ts';

const settingsFor = (port: number) => ({
  url: `http://127.0.0.1:${port}`,
  project: 'acme/shop',
  token: { env: 'KVITTO_TEST_TOKEN' },
  timeout: '2s',
});

acceptTracker(gitlab, {
  answering: gitlabAnswering,
  settings: settingsFor,
  opens: ({ method, path }) => method === 'POST' && path.endsWith('/issues'),
  comments: ({ path }) => path.endsWith('/notes'),
  updates: ({ method }) => method === 'PUT',
  label: (severity) => `severity::${severity}`,
  labels: () => ['kvitto'],
});

test('no text of the input gives GitLab a quick action', () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      const words = wordsOf(hostileAlert(`/close ${text}`), null);
      assert.doesNotMatch(`${issueBody('1', words)}\n${commentBody(words)}`, /^\s*\//m);
    }),
  );
});

test('issues are confidential unless it is said otherwise', async () => {
  process.env['KVITTO_TEST_TOKEN'] = testToken;
  const server = await startIssueServer(gitlabAnswering);
  const events = [sampleAlert()];
  for (const also of [{}, { confidential: false }])
    await gitlab.deliver(
      events,
      gitlab.settings.parse({ ...settingsFor(server.port), label: `l${Object.keys(also).length}`, ...also }),
      sinkContext(),
    );
  const opened = server.got.filter(({ method }) => method === 'POST').map(({ body }) => JSON.parse(body).confidential);
  assert.deepEqual(opened, [true, false]);
  delete process.env['KVITTO_TEST_TOKEN'];
  await server.stop();
});

test("GitLab's limit without Retry-After", async () => {
  process.env['KVITTO_TEST_TOKEN'] = testToken;
  const now = new Date('2026-08-21T10:00:00Z');
  const reset = { 'ratelimit-reset': String(now.getTime() / 1000 + 40) };
  const receiver = await startHttpReceiver(() => json(429, { message: 'Retry later' }, reset));
  try {
    const { stopped } = await gitlab.deliver([sampleAlert()], gitlab.settings.parse(settingsFor(receiver.port)), {
      ...sinkContext(),
      now: () => now,
    });
    assert.deepEqual(stopped, {
      why: 'later',
      message: `http://127.0.0.1:${receiver.port} answered 429 (too many requests): {"message":"Retry later"}`,
      afterMs: 40_000,
    });
  } finally {
    delete process.env['KVITTO_TEST_TOKEN'];
    await receiver.stop();
  }
});
