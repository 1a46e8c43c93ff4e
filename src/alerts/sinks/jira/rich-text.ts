import { type Row, type Step, type Words, withFewer } from '../../words/words.ts';

/*
 * Atlassian Document Format (https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/). Text of the input stands in text nodes, where nothing is
 * read but letters: no mention, no link, no mark can be written in it.
 */

interface Node {
  readonly type: string;
  readonly text?: string;
  readonly marks?: readonly { readonly type: string; readonly attrs?: object }[];
  readonly content?: readonly Node[];
}

/** A document of Jira. */
export interface JiraDocument {
  readonly version: 1;
  readonly type: 'doc';
  readonly content: readonly Node[];
}

/** Most letters of a description or comment, less than the 32,767 of Jira for what is put around them. */
const mostLetters = 28_000;

/** Words as a document; of many rows as many as fit. */
export function richText(words: Words): JiraDocument {
  for (let rows = words.rows.length; ; rows--) {
    const document: JiraDocument = { version: 1, type: 'doc', content: content(withFewer(words, rows)) };
    if (rows === 0 || JSON.stringify(document).length <= mostLetters) return document;
  }
}

function content(words: Words): Node[] {
  return [
    paragraph([text(words.lead)]),
    ...(words.facts.length === 0
      ? []
      : [table(words.facts.map((f) => [cell([strong(f.label)]), cell([text(f.value)])]))]),
    ...(words.rows.length === 0 ? [] : [table([headings.map((h) => cell([strong(h)])), ...words.rows.map(rowCells)])]),
    ...(words.more === null ? [] : [paragraph(stepNodes(words.more))]),
    ...(words.steps.length === 0
      ? []
      : [
          paragraph([strong('What to do')]),
          {
            type: 'bulletList',
            content: words.steps.map((s) => ({ type: 'listItem', content: [paragraph(stepNodes(s))] })),
          },
        ]),
    ...words.links.map((l) => paragraph([link(l.label, l.href)])),
    paragraph([text('Event '), code(words.id)]),
  ];
}

const headings = ['Vulnerability', 'Severity', 'Change', 'Component', 'Fixed in', 'Summary'];

function rowCells({ title, href, rated, what, component, fix, summary }: Row): Node[] {
  const name = href === null ? code(title) : link(title, href);
  return [[name], [text(rated)], [text(what)], [code(component)], [code(fix)], [text(summary)]].map(cell);
}

function stepNodes({ say, command }: Step): Node[] {
  return command === null ? [text(say)] : [text(`${say.replace(/:$/, '')}: `), code(command)];
}

function table(rows: readonly (readonly Node[])[]): Node {
  return { type: 'table', content: rows.map((cells) => ({ type: 'tableRow', content: cells })) };
}

function cell(nodes: readonly Node[]): Node {
  return { type: 'tableCell', content: [paragraph(nodes)] };
}

/** A text node may not be empty. */
function paragraph(nodes: readonly Node[]): Node {
  return { type: 'paragraph', content: nodes.filter((n) => n.text !== '') };
}

function text(words: string): Node {
  return { type: 'text', text: words };
}

function strong(words: string): Node {
  return { type: 'text', text: words, marks: [{ type: 'strong' }] };
}

function code(words: string): Node {
  return { type: 'text', text: words, marks: [{ type: 'code' }] };
}

function link(words: string, href: string): Node {
  return { type: 'text', text: words, marks: [{ type: 'link', attrs: { href } }] };
}
