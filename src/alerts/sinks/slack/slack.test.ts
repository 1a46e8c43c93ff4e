// Slack's servers are not to be had here: a local server answers as Slack's documentation says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assertGolden } from '../../../formats/testing/golden.ts';
import { chatStage, deliverToChat } from '../../testing/chat-stage.ts';
import { hostileText } from '../../testing/hostile-marks.ts';
import { acceptSink } from '../../testing/sink-acceptance.ts';
import { hostileAlert, sampleAlert, sampleChange } from '../../testing/told-events.ts';
import { wordsOf } from '../../words/event-words.ts';
import { slackMessage } from './blocks.ts';
import { slack } from './index.ts';

acceptSink(slack, chatStage({ status: 200, body: 'ok' }));

test('a message', () => {
  const message = slackMessage(wordsOf(sampleAlert(), 'https://kvitto.example/alerts/4931584'));
  assertGolden(new URL('./testdata/message.json', import.meta.url), `${JSON.stringify(message, null, 2)}\n`);
});

interface Text {
  readonly type: string;
  readonly text: string;
  readonly verbatim?: boolean;
  readonly emoji?: boolean;
}
interface Message {
  readonly text: string;
  readonly blocks: readonly { type: string; text?: Text; fields?: readonly Text[]; elements?: readonly Text[] }[];
}

test("within Slack's limits, and without mentions, links or marks of the input, whatever an advisory holds", () => {
  const most = { header: 150, section: 3000, field: 2000 };
  fc.assert(
    fc.property(hostileText, fc.boolean(), (text, long) => {
      const alert = hostileAlert(long ? text.repeat(200) : text);
      const changes = Array(20).fill(alert.changes[0] ?? sampleChange());
      const message = slackMessage(wordsOf({ ...alert, changes }, null)) as Message;
      assert.ok(message.blocks.length <= 50);
      for (const { text: own, type, fields = [], elements = [] } of message.blocks) {
        assert.ok((own?.text.length ?? 1) <= (type === 'header' ? most.header : most.section) && own?.text !== '');
        assert.ok(fields.length <= 10 && [...fields, ...elements].every((f) => f.text.length <= most.field));
        for (const shown of [...(own === undefined ? [] : [own]), ...fields, ...elements]) {
          if (shown.type === 'plain_text') assert.equal(shown.emoji, false);
          else assert.equal(shown.verbatim, true);
          if (shown.type === 'mrkdwn')
            assert.doesNotMatch(shown.text, /<(?!https:\/\/(?:nvd\.nist\.gov|github\.com|osv\.dev)\/[^<>|]*\|)/);
        }
      }
      assert.doesNotMatch(message.text, /[<>]/);
    }),
  );
});

test('what Slack answers', async () => {
  const events = [sampleAlert(), sampleAlert({ id: '3f2a90c1-1204-1', place: 1 })];
  const later = (message: string, afterMs: number | null = null) => ({
    delivered: 0,
    stopped: { why: 'later', message, afterMs },
  });
  const told = async (status: number, body: string, headers = {}) =>
    (await deliverToChat(slack, events, () => ({ status, body, headers }))).delivery;
  assert.deepEqual(
    await told(429, 'rate_limited', { 'retry-after': '30' }),
    later('http://127.0.0.1 answered 429 (too many requests): rate_limited', 30_000),
  );
  assert.deepEqual(
    await told(404, 'no_service'),
    later('http://127.0.0.1 answered 404 (nothing there: check the address): no_service'),
  );
  assert.deepEqual(
    await told(403, 'action_prohibited'),
    later('http://127.0.0.1 answered 403 (not allowed: check the secret and what it may do): action_prohibited'),
  );
  assert.deepEqual(await told(400, 'invalid_payload'), {
    delivered: 0,
    stopped: { why: 'refused', message: 'http://127.0.0.1 does not take this message: invalid_payload' },
  });
  assert.deepEqual(
    await told(200, '<html>sign in</html>'),
    later('http://127.0.0.1 did not confirm it: <html>sign in</html>'),
  );
  const second = await deliverToChat(slack, events, (_, n) =>
    n === 1 ? { status: 200, body: 'ok' } : { status: 500 },
  );
  assert.deepEqual(second.delivery, { ...later('http://127.0.0.1 answered 500'), delivered: 1 });
});
