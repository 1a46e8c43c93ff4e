// Microsoft's servers are not to be had here: a local server answers as their documentation says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertGolden } from '../../../formats/testing/golden.ts';
import { chatStage, deliverToChat } from '../../testing/chat-stage.ts';
import { hostileText } from '../../testing/hostile-marks.ts';
import { acceptSink } from '../../testing/sink-acceptance.ts';
import { hostileAlert, sampleAlert, sampleChange } from '../../testing/told-events.ts';
import { wordsOf } from '../../words/event-words.ts';
import { teamsMessage } from './card.ts';
import { teams } from './index.ts';

acceptSink(teams, chatStage({ status: 202 }));

test('a message', () => {
  const message = teamsMessage(wordsOf(sampleAlert(), 'https://kvitto.example/alerts/4931584'));
  assertGolden(new URL('./testdata/message.json', import.meta.url), `${JSON.stringify(message, null, 2)}\n`);
});

/** Every value of an object's `text`, with the type of the element that it stands in. */
function texts(value: unknown): [type: string, text: string][] {
  if (typeof value !== 'object' || value === null) return [];
  const { type, text } = value as { type?: unknown; text?: unknown };
  const own: [string, string][] = typeof text === 'string' ? [[String(type), text]] : [];
  return [...own, ...Object.values(value).flatMap(texts)];
}

test('text of the input stands where no Markdown is read, with no address whole, and fits, whatever an advisory holds', () => {
  fc.assert(
    fc.property(hostileText, fc.boolean(), (text, long) => {
      const alert = hostileAlert(long ? text.repeat(200) : text);
      const changes = Array(20).fill(alert.changes[0] ?? sampleChange());
      const message = teamsMessage(wordsOf({ ...alert, changes }, null));
      const json = JSON.stringify(message);
      assert.ok(Buffer.byteLength(json) <= 28_000);
      assert.ok(!json.includes('"entities"'));
      for (const [type, shown] of texts(message)) {
        assert.equal(type, 'TextRun');
        assert.doesNotMatch(shown, /:\/\/[^\s\u200b]|www\.[^\s\u200b]/i);
      }
    }),
  );
});

test('what a workflow answers', async () => {
  const told = async (status: number, body: string, headers = {}) =>
    (await deliverToChat(teams, [sampleAlert()], () => ({ status, body, headers }))).delivery;
  const later = (message: string, afterMs: number | null = null) => ({
    delivered: 0,
    stopped: { why: 'later', message, afterMs },
  });
  assert.deepEqual(
    await told(429, '', { 'retry-after': '17' }),
    later('http://127.0.0.1 answered 429 (too many requests)', 17_000),
  );
  const throttled = 'Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429';
  assert.deepEqual(await told(200, throttled), later(`http://127.0.0.1 did not confirm it: ${throttled}`));
  assert.deepEqual(await told(401, ''), later('http://127.0.0.1 answered 401 (not signed in: check the secret)'));
  assert.deepEqual(await told(413, ''), {
    delivered: 0,
    stopped: { why: 'refused', message: 'http://127.0.0.1 does not take this message: 413' },
  });
});
