/*
 * Slack's own marks (https://docs.slack.dev/messaging/formatting-message-text). `&`, `<` and `>` are escaped as it says, so that no mention, link or channel can be
 * written. For the marks of bold, italic, struck and code there is no escape: letters that look like them stand in their place.
 */

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '*': '∗',
  _: 'ˍ',
  '~': '∼',
  '`': 'ˋ',
};

/** Text of the input as text of a message. Shown as it is, but for look-alikes of `*`, `~`, `` ` `` and of `_` at the edge of a word, and of the `:` of an `:emoji:`. */
export function mrkdwn(text: string): string {
  return text
    .replace(/[&<>*~`]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, (char) => escapes[char] ?? '')
    .replace(/:(?=[a-z0-9_+'-]+:)/gi, '꞉');
}

/** Text of the input in a code span, where only what ends it, and `&`, `<`, `>`, mean something. */
export function mrkdwnCode(text: string): string {
  return text === '' ? '' : `\`${text.replace(/[&<>`]/g, (char) => escapes[char] ?? '')}\``;
}

/** A link; the address is one of `Words`, which holds none of the marks that could end it. */
export function mrkdwnLink(href: string, label: string): string {
  return `<${href.replaceAll('&', '&amp;')}|${mrkdwn(label).replaceAll('|', '¦')}>`;
}
