import { z } from 'zod';
import { incoming, postEach } from '../../chat/post-each.ts';
import type { Sink } from '../../sink.ts';
import { chatMarkdown, markdown } from '../../words/markdown.ts';
import { type Words, withFewer } from '../../words/words.ts';

const name = z.string().regex(/^@?[a-z0-9._-]{1,64}$/, 'expected the name of a channel, or @ and that of a user');

const settings = z.strictObject({ ...incoming, channel: name.optional() });

/** A post holds 16,383 characters (https://docs.mattermost.com/administration-guide/upgrade/important-upgrade-notes.html); fewer rows come before a cut. */
const mostLetters = 16_000;

const icons = { alarm: ':red_circle:', news: ':large_blue_circle:', good: ':large_green_circle:' } as const;

/** The text of a post; of many rows as many as fit. */
export function mattermostText(words: Words): string {
  for (let rows = words.rows.length; ; rows--) {
    const text = `#### ${icons[words.tone]} ${chatMarkdown.plain(words.subject)}\n\n${markdown(withFewer(words, rows), chatMarkdown)}`;
    if (text.length <= mostLetters || rows === 0) return text.slice(0, mostLetters);
  }
}

/** Writes each event into the channel of an incoming webhook. */
export const mattermost: Sink<z.output<typeof settings>> = {
  id: 'mattermost',
  summary: 'a message in Mattermost, by an incoming webhook',
  settings,
  audience: 'people',
  mostAtOnce: 20,
  deliver: (events, config, context) =>
    postEach(
      events,
      config,
      context,
      (words) => ({
        username: 'Kvitto',
        ...(config.channel === undefined ? {} : { channel: config.channel }),
        text: mattermostText(words),
      }),
      {
        confirmed: ({ text }) => text?.trim() === 'ok',
        refused: ({ status, text }) =>
          status === 413 ||
          (status === 400 &&
            /"id":"(?:web\.incoming_webhook\.(?:text|parse)|api\.post\.create_post\.)/.test(text ?? '')),
      },
    ),
};
