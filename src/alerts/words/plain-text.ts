import type { Row, Step, Words } from './words.ts';

/** Words as plain text: the text part of a mail. */
export function plainText(words: Words): string {
  const width = Math.max(0, ...words.facts.map((f) => f.label.length));
  const sections = [
    [words.lead],
    words.facts.map((f) => `${`${f.label}:`.padEnd(width + 1)} ${f.value}`),
    words.rows.flatMap(rowLines),
    words.more === null ? [] : [stepLine(words.more)],
    words.steps.length === 0 ? [] : ['What to do:', ...words.steps.map((step) => `  - ${stepLine(step)}`)],
    words.links.map((link) => `${link.label}: ${link.href}`),
    [`Event ${words.id}`],
  ];
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function rowLines({ title, what, rated, component, fix, summary, href }: Row): string[] {
  return [
    `* ${title}: ${[what, rated].filter((w) => w !== '').join('; ')}`,
    ...(component === '' ? [] : [`    in ${component}${fix === '' ? '' : `, fixed in: ${fix}`}`]),
    ...(summary === '' ? [] : [`    ${summary}`]),
    ...(href === null ? [] : [`    ${href}`]),
  ];
}

function stepLine({ say, command }: Step): string {
  if (command === null) return say;
  return say.endsWith(':') ? `${say} ${command}` : `${say}: ${command}`;
}
