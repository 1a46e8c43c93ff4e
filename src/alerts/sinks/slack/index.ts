import { z } from 'zod';
import { incoming, postEach } from '../../chat/post-each.ts';
import type { Sink } from '../../sink.ts';
import { slackMessage } from './blocks.ts';

const settings = z.strictObject(incoming);

/** What Slack says of a message that it will never take (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks). */
const ofMessage = /^(?:invalid_payload|invalid_blocks\w*|too_many_attachments|no_text|msg_too_long)$/;

/** Writes each event into the channel of an incoming webhook. */
export const slack: Sink<z.output<typeof settings>> = {
  id: 'slack',
  summary: "a message in Slack, by an app's incoming webhook",
  settings,
  audience: 'people',
  mostAtOnce: 20,
  deliver: (events, config, context) =>
    postEach(events, config, context, slackMessage, {
      confirmed: ({ text }) => text?.trim() === 'ok',
      refused: ({ status, text }) => status === 400 && ofMessage.test(text?.trim() ?? ''),
    }),
};
