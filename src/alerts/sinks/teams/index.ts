import { z } from 'zod';
import { incoming, postEach } from '../../chat/post-each.ts';
import type { Sink } from '../../sink.ts';
import { teamsMessage } from './card.ts';

const settings = z.strictObject(incoming);

/** Writes each event into the channel of a workflow that a webhook starts. */
export const teams: Sink<z.output<typeof settings>> = {
  id: 'teams',
  summary: 'a card in Microsoft Teams, by the webhook of a workflow',
  settings,
  audience: 'people',
  mostAtOnce: 20,
  deliver: (events, config, context) =>
    postEach(events, config, context, teamsMessage, {
      // The connectors that workflows took the place of said so with 200: "Webhook message delivery failed with error: … HTTP error 429".
      confirmed: ({ text }) => !/message delivery failed|HTTP error \d/i.test(text ?? ''),
      refused: ({ status }) => status === 413,
    }),
};
