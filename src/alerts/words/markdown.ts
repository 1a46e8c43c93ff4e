import type { Row, Step, Words } from './words.ts';

/**
 * How a reader of Markdown shows text of the input. GitHub, GitLab and Mattermost look for mentions (`@user`, `#12`, `!12`), addresses and `:emoji:` in what came out of
 * Markdown, where entities are letters again: so a character without width stands behind each mark that begins one. It does not stand in code, where they do not look.
 */
export interface MarkdownWriter {
  plain(text: string): string;
  code(text: string): string;
}

const referring = /([@#!~$&^%[])(?=\S)|(:)(?=\/\/|[a-z0-9_+-]+:)/gi;
// These refer without a mark.
const referringWords = /(GH-|www\.)(?=\S)/gi;

function apart(text: string): string {
  return text.replace(referring, '$1$2\u200b').replace(referringWords, '$1\u200b');
}

// Every ASCII mark that means something to CommonMark, its tables, HTML, or references of GitHub and GitLab; and those that do where a line begins: `/` begins a
// quick action of GitLab.
const marks = /[&<>|`*_[\]~#@\\!$"'{}^]|^[-+=%/:]/g;
const numbered = /^\d+(?=[.)])/;

/** For GitHub and GitLab. */
export const repositoryMarkdown: MarkdownWriter = {
  plain: (text) =>
    apart(text)
      .replace(numbered, '$&\u200b')
      .replace(marks, (char) => `&#${char.charCodeAt(0)};`),
  // In a code span nothing is read but what ends it, or the cell of a table.
  code: (text) => (text === '' ? '' : `\`${text.replace(/[`|]/g, (char) => (char === '|' ? '¦' : "'"))}\``),
};

const codeStandIns: Readonly<Record<string, string>> = { '<': '‹', '>': '›', '@': '@\u200b' };

/** For Mattermost, which knows few entities, and makes a mention of `<!channel>` in what comes by a webhook before it reads Markdown. */
export const chatMarkdown: MarkdownWriter = {
  plain: (text) =>
    apart(text)
      .replace(numbered, '$&\u200b')
      .replace(/[\\`*{}[\]#!_~|]|^[-+]/g, '\\$&')
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;'),
  code: (text) => repositoryMarkdown.code(text.replace(/[<>@]/g, (char) => codeStandIns[char] ?? '')),
};

/** Words as Markdown, without their subject. */
export function markdown(words: Words, { plain, code }: MarkdownWriter): string {
  const sections = [
    [plain(words.lead)],
    words.facts.length === 0
      ? []
      : tableOf(
          ['', ''],
          words.facts.map((f) => [plain(f.label), plain(f.value)]),
        ),
    words.rows.length === 0 ? [] : rowTable(words.rows),
    words.more === null ? [] : [step(words.more)],
    words.steps.length === 0 ? [] : ['**What to do**', '', ...words.steps.map((s) => `- ${step(s)}`)],
    words.links.map((l) => `- [${plain(l.label)}](${l.href})`),
    [`Event ${code(words.id)}`],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;

  function step({ say, command }: Step): string {
    if (command === null) return plain(say);
    return `${plain(say.replace(/:$/, ''))}: ${code(command)}`;
  }

  function rowTable(rows: readonly Row[]): string[] {
    return tableOf(
      ['Vulnerability', 'Severity', 'Change', 'Component', 'Fixed in', 'Summary'],
      rows.map((r) => [
        r.href === null ? code(r.title) : `[${plain(r.title)}](${r.href})`,
        plain(r.rated),
        plain(r.what),
        code(r.component),
        code(r.fix),
        plain(r.summary),
      ]),
    );
  }
}

/** Cells are escaped already. */
function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)];
}
