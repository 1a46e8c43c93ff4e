/** HTML that is safe to stand in a page as it is. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
// What could turn text around, hide in it or end a line where none is seen.
const unseen = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]--[\n\t]]/gv;

type Part = string | number | null | Markup | readonly Markup[];

function written(part: Part): string {
  if (part === null) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map((p) => p.text).join('');
  return String(part)
    .replace(unseen, '\u{fffd}')
    .replace(/[&<>"']/g, (c) => entities[c] ?? c);
}

/** A template whose values are text unless they are markup: names and words in a pack may be an attacker's. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(strings.map((s, at) => s + written(parts[at] ?? null)).join(''));
}

/** A time as people read it: `2026-11-21 14:30 UTC`; seconds where they are not zero. */
export function time(text: string | null): Markup {
  if (text === null) return html`<span class="open">open</span>`;
  const [day = '', clock = ''] = text.split('T');
  const short = clock.slice(0, clock.startsWith('00', 6) ? 5 : 8);
  return html`<time datetime="${text}">${day} ${short} UTC</time>`;
}

/** The beginning of a digest, with all of it at hand. */
export function digestCode(digest: string): Markup {
  return html`<code title="${digest}">${digest.slice(0, 19)}…</code>`;
}

/** The place of an entry in the pack. */
export function entryLink(index: number): Markup {
  return html`<a href="log/entries/${index}.json">entry ${index}</a>`;
}

export function table(head: readonly string[], rows: readonly Markup[], caption: string): Markup {
  if (rows.length === 0) return html`<p class="none">None.</p>`;
  const heads = head.map((h) => html`<th scope="col">${h}</th>`);
  return html`<table><caption>${caption}</caption><thead><tr>${heads}</tr></thead>
<tbody>
${rows}</tbody></table>
`;
}

export function row(...cells: readonly Part[]): Markup {
  return html`<tr>${cells.map((c) => html`<td>${c}</td>`)}</tr>
`;
}

/** Parts with something between them. */
export function joined(parts: readonly Markup[], by = ', '): Markup {
  return new Markup(parts.map((p) => p.text).join(by));
}
