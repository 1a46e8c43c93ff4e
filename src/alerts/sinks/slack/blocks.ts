import { mrkdwn, mrkdwnCode, mrkdwnLink } from '../../words/mrkdwn.ts';
import type { Row, Step, Words } from '../../words/words.ts';

// https://docs.slack.dev/reference/block-kit/blocks: 50 blocks, 3,000 characters of text in a section, 2,000 in each of ten fields, 150 in a header.
const mostHeader = 150;
const mostSection = 3000;
const mostFields = 10;
const mostField = 2000;

const icons = { alarm: '🔴', news: '🔵', good: '🟢' } as const;

/** A message of Slack. `text` stands in notifications, the blocks are what is read. */
export function slackMessage(words: Words): object {
  const title = `${icons[words.tone]} ${words.subject}`;
  const fields = words.facts
    .slice(0, mostFields)
    .map((f) => mark(`*${mrkdwn(f.label)}*\n${mrkdwn(f.value)}`, mostField));
  return {
    text: cut(mrkdwn(title), mostSection),
    // Addresses in the text are not fetched and shown.
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: cut(title, mostHeader), emoji: false } },
      section(mrkdwn(words.lead)),
      ...(fields.length === 0 ? [] : [{ type: 'section', fields }]),
      ...words.rows.map((row) => section(rowText(row))),
      ...(words.more === null ? [] : [section(stepText(words.more))]),
      ...(words.steps.length === 0
        ? []
        : [section(['*What to do*', ...words.steps.map((step) => `• ${stepText(step)}`)].join('\n'))]),
      {
        type: 'context',
        elements: [
          mark(
            [...words.links.map((l) => mrkdwnLink(l.href, l.label)), `Event ${mrkdwnCode(words.id)}`].join(' · '),
            mostField,
          ),
        ],
      },
    ],
  };
}

function rowText({ title, href, rated, what, component, fix, summary }: Row): string {
  const name = href === null ? mrkdwnCode(title) : mrkdwnLink(href, title);
  const first = [name, ...[rated, what].filter((w) => w !== '').map(mrkdwn)].join(' · ');
  const where =
    component === '' ? [] : [`${mrkdwnCode(component)}${fix === '' ? '' : `, fixed in: ${mrkdwnCode(fix)}`}`];
  return [first, ...where, ...(summary === '' ? [] : [mrkdwn(summary)])].join('\n');
}

function stepText({ say, command }: Step): string {
  return command === null ? mrkdwn(say) : `${mrkdwn(say.replace(/:$/, ''))}: ${mrkdwnCode(command)}`;
}

/** `verbatim`: Slack makes no links of addresses, names and channels in it by itself. */
function mark(text: string, most: number): object {
  return { type: 'mrkdwn', text: cut(text, most), verbatim: true };
}

function section(text: string): object {
  return { type: 'section', text: mark(text, mostSection) };
}

/** Slack counts UTF-16 units, and refuses the whole message for one too many. A mark that is cut in the middle goes as a whole. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text
    .slice(0, most - 1)
    .toWellFormed()
    .replace(/(?:&[a-z]*|<[^>]*|\ufffd)$/, '')}…`;
}
