import { markdown, repositoryMarkdown } from '../words/markdown.ts';
import type { Words } from '../words/words.ts';
import { markerOf } from './tracker.ts';

/** The text of an issue in Markdown; with the thread's marker, which a reader does not see. */
export function issueBody(key: string, words: Words): string {
  return `${markdown(words, repositoryMarkdown)}\n<!-- ${markerOf(key)} -->\n`;
}

/** The text of a comment in Markdown. */
export function commentBody(words: Words): string {
  return `**${repositoryMarkdown.plain(words.subject)}**\n\n${markdown(words, repositoryMarkdown)}`;
}

/** Whether a text is that of a thread's issue: by a line of its own, which no text of an advisory can be. */
export function carries(body: string | null, key: string): boolean {
  return body?.split(/\r?\n/).includes(`<!-- ${markerOf(key)} -->`) === true;
}
