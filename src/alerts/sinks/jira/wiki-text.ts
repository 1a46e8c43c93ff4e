import { plainText } from '../../words/plain-text.ts';
import { type Words, withFewer } from '../../words/words.ts';

/** Most letters of a description or comment: 32,767 in Data Center as it comes. */
const mostLetters = 30_000;
// Everything that begins a mark, mention, macro, link or picture of Jira's wiki text, and what stands for it there.
const marks = /[\\{}[\]|*_?+^~!@#&<>"'`-]/g;

/** Words as text for the wiki renderer of Jira Data Center: every mark as an entity, so that nothing but lines is read. Of many rows as many as fit. */
export function wikiText(words: Words): string {
  for (let rows = words.rows.length; ; rows--) {
    const text = plainText({ ...withFewer(words, rows), links: [] })
      .replace(marks, (char) => `&#${char.charCodeAt(0)};`)
      // A heading, a quotation, and an address, which it makes a link of.
      .replace(/^(\s*)(h[1-6]|bq)\./gm, '$1$2&#46;')
      .replaceAll('://', ':&#47;/')
      .replace(/(www|mailto)([.:])/gi, (_, word: string, mark: string) => `${word}&#${mark.charCodeAt(0)};`);
    const links = words.links.map((l) => `\n[${l.label}|${l.href}]\n`).join('');
    if (text.length + links.length <= mostLetters || rows === 0) return `${text.slice(0, mostLetters)}${links}`;
  }
}
