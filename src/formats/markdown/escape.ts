// Every character that means something to GitHub-flavoured Markdown or to HTML, and every one that cannot be seen.
const special = /[&<>|`*_[\]~#@\\!$:"'{}^]/g;
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu;

/** Text of the input as plain text of a Markdown document: one line, no markup, no mention, no link, no image. */
export function plain(text: string, most = 300): string {
  const seen = text
    .slice(0, most * 4)
    .replace(unseen, ' ')
    .trim();
  const chars = [...seen];
  const cut = chars.length > most ? `${chars.slice(0, most - 1).join('')}…` : seen;
  // `www.` alone makes a link, too.
  return cut
    .replace(special, (char) => `&#${char.charCodeAt(0)};`)
    .replace(/\bwww\./gi, (www) => `${www.slice(0, -1)}&#46;`);
}

/** Text of the input in a monospaced face; marked up by HTML, since a code span could be closed by the text. */
export function code(text: string, most = 300): string {
  return text === '' ? '' : `<code>${plain(text, most)}</code>`;
}

/** A Markdown table. Cells are Markdown already, escaped by the caller. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}
