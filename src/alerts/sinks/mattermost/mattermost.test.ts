// Mattermost is not to be had here: a local server answers as its documentation says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertGolden } from '../../../formats/testing/golden.ts';
import { chatStage, deliverToChat } from '../../testing/chat-stage.ts';
import { acceptSink } from '../../testing/sink-acceptance.ts';
import { hostileAlert, sampleAlert, sampleChange } from '../../testing/told-events.ts';
import { wordsOf } from '../../words/event-words.ts';
import { mattermost, mattermostText } from './index.ts';

acceptSink(mattermost, chatStage({ status: 200, body: 'ok' }));

test('a message', () => {
  const text = mattermostText(wordsOf(sampleAlert(), 'https://kvitto.example/alerts/4931584'));
  assertGolden(new URL('./testdata/message.md', import.meta.url), text);
});

test('of many long rows as many as fit are shown', () => {
  const alert = hostileAlert('\\<!channel> | @all '.repeat(100));
  const changes = Array(20).fill(alert.changes[0] ?? sampleChange());
  const text = mattermostText(wordsOf({ ...alert, changes }, null));
  assert.ok(text.length <= 16_000 && text.split('\n').length > 15, String(text.length));
  assert.doesNotMatch(text, /<!|@(?:all|channel)/);
  assert.ok(text.endsWith('Event `3f2a90c1-1204-0`\n'));
});

test('what Mattermost answers', async () => {
  const told = async (status: number, body: string, headers = {}) =>
    (await deliverToChat(mattermost, [sampleAlert()], () => ({ status, body, headers }), { channel: 'ops' })).delivery;
  const later = (message: string, afterMs: number | null = null) => ({
    delivered: 0,
    stopped: { why: 'later', message, afterMs },
  });
  const gone = '{"id":"web.incoming_webhook.invalid.app_error","message":"Invalid webhook.","status_code":400}';
  assert.deepEqual(await told(400, gone), later(`http://127.0.0.1 answered 400: ${gone}`));
  const long = '{"id":"api.post.create_post.too_long","status_code":400}';
  assert.deepEqual(await told(400, long), {
    delivered: 0,
    stopped: { why: 'refused', message: `http://127.0.0.1 does not take this message: ${long}` },
  });
  assert.deepEqual(
    await told(429, '', { 'retry-after': '5' }),
    later('http://127.0.0.1 answered 429 (too many requests)', 5000),
  );
  const { got } = await deliverToChat(mattermost, [sampleAlert()], () => ({ status: 200, body: 'ok' }), {
    channel: 'ops',
  });
  const { text, ...rest } = JSON.parse(got[0]?.body ?? '');
  assert.deepEqual(rest, { username: 'Kvitto', channel: 'ops' });
  assert.equal(text, mattermostText(wordsOf(sampleAlert(), 'https://kvitto.example/events/3f2a90c1-1204-0')));
});
