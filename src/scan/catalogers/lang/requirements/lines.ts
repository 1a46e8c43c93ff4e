/** One requirement of a file: its text without comment and options, and what the comments at and below it say. */
export interface RequirementLine {
  readonly text: string;
  readonly comments: string[];
}

/**
 * Logical lines of a requirements file: continued lines joined, comments and options (`-r`, `--hash`) apart.
 * https://pip.pypa.io/en/stable/reference/requirements-file-format/
 */
export function requirementLines(text: string): readonly RequirementLine[] {
  const lines: RequirementLine[] = [];
  let joined: string[] = [];
  for (const raw of text.split('\n')) {
    const line = raw.trimEnd();
    const first = line.trimStart();
    // A comment ends no continued line, but counts for the requirement above it.
    if (first.startsWith('#')) {
      lines.at(-1)?.comments.push(first.slice(1).trim());
      continue;
    }
    const continued = line.endsWith('\\');
    joined.push(continued ? line.slice(0, -1) : line);
    if (continued) continue;
    const whole = joined.join(' ').trim();
    joined = [];
    if (whole !== '') lines.push(split(whole));
  }
  const rest = joined.join(' ').trim();
  if (rest !== '') lines.push(split(rest));
  return lines;
}

function split(line: string): RequirementLine {
  const comment = line.indexOf(' #');
  const code = comment < 0 ? line : line.slice(0, comment);
  const comments = comment < 0 ? [] : [line.slice(comment + 2).trim()];
  const option = code.startsWith('-') ? -1 : code.indexOf(' --');
  return { text: (option < 0 ? code : code.slice(0, option)).trim(), comments };
}
