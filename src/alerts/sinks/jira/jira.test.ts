// Jira is not to be had here: a local server answers as its documentation says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertGolden } from '../../../formats/testing/golden.ts';
import { hostileText } from '../../testing/hostile-marks.ts';
import { acceptTracker, type IssueStage, testToken } from '../../testing/issue-acceptance.ts';
import { startIssueServer } from '../../testing/issue-desk.ts';
import { sinkContext } from '../../testing/sink-acceptance.ts';
import { hostileAlert, sampleAlert, sampleChange } from '../../testing/told-events.ts';
import { wordsOf } from '../../words/event-words.ts';
import { jira } from './index.ts';
import { richText } from './rich-text.ts';
import { jiraAnswering } from './testing/answering.ts';
import { wikiText } from './wiki-text.ts';

const settingsFor = (port: number) => ({
  url: `http://127.0.0.1:${port}`,
  project: 'SEC',
  token: { env: 'KVITTO_TEST_TOKEN' },
  timeout: '2s',
});
const cloud = (port: number) => ({ ...settingsFor(port), user: 'me@acme.example' });
const server = (port: number) => ({ ...settingsFor(port), kind: 'server' });

const requests: Omit<IssueStage, 'answering' | 'settings'> = {
  opens: ({ method, path }) => method === 'POST' && path.endsWith('/issue'),
  comments: ({ path }) => path.endsWith('/comment'),
  updates: ({ method }) => method === 'PUT',
  label: (severity) => `severity-${severity}`,
  labels: (key) => ['kvitto', `kvitto-thread-${key}`],
};

acceptTracker(jira, { answering: jiraAnswering(3), settings: cloud, ...requests });
acceptTracker(jira, { answering: jiraAnswering(2), settings: server, ...requests });

test('a description', () => {
  const words = wordsOf(sampleAlert(), 'https://kvitto.example/alerts/4931584');
  assertGolden(new URL('./testdata/rich-text.json', import.meta.url), `${JSON.stringify(richText(words), null, 2)}\n`);
  assertGolden(new URL('./testdata/wiki-text.txt', import.meta.url), wikiText(words));
});

test('whatever an advisory holds: no mark of wiki text, no node but ours, within the limits', () => {
  const shapeOf = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value, (key, inner) => (key === 'text' ? 'text' : inner)));
  const shape = (text: string) => shapeOf(richText(wordsOf(hostileAlert(text), null)));
  const harmless = shape('not an id');
  fc.assert(
    fc.property(hostileText, (text) => {
      assert.deepEqual(shape(`not an id ${text}`), harmless);
      const wiki = wikiText(wordsOf(hostileAlert(text), null));
      assert.doesNotMatch(wiki.replace(/&#\d+;/g, 'x'), /[\\{}[\]|*_?+^~!@#&<>"'`-]|:\/\/|^\s*h[1-6]\.|www\.|mailto:/m);
    }),
  );
  const long = hostileAlert('{code} '.repeat(200));
  const words = wordsOf({ ...long, changes: Array(20).fill(long.changes[0] ?? sampleChange()) }, null);
  assert.ok(JSON.stringify(richText(words)).length <= 32_767);
  assert.ok(wikiText(words).length <= 32_767);
});

test('a workflow that has no way to a status of the category done', async () => {
  process.env['KVITTO_TEST_TOKEN'] = testToken;
  const tracker = await startIssueServer(jiraAnswering(3, ['new']));
  try {
    const settings = jira.settings.parse(cloud(tracker.port));
    const events = [sampleAlert(), sampleAlert({ id: '3f2a90c1-1205-0', state: 'resolved' })];
    assert.deepEqual(await jira.deliver(events, settings, sinkContext()), {
      delivered: 1,
      stopped: {
        why: 'refused',
        message: `http://127.0.0.1:${tracker.port} offers no transition of SEC-1 to a status of the category done: move it by hand, and let the workflow allow it`,
      },
    });
  } finally {
    delete process.env['KVITTO_TEST_TOKEN'];
    await tracker.stop();
  }
});
