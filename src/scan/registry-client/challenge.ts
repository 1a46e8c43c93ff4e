/** One challenge of a `WWW-Authenticate` header: scheme in lower case, parameters by lower-case name. */
export interface Challenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

const mostChars = 16_384;
const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const blank = /[ \t]*/y;
/** What a quoted string holds up to its end or its next escape. */
const plain = /[^"\\]*/y;

/**
 * The challenges of a `WWW-Authenticate` header, in order (RFC 9110, section 11.6.1). The header is the peer's: what
 * cannot be read ends the list, and nothing is thrown.
 */
export function parseChallenges(header: string | readonly string[] | undefined): Challenge[] {
  const lines = header === undefined ? [] : typeof header === 'string' ? [header] : header;
  return lines.flatMap((line) => (line.length > mostChars ? [] : parseLine(line)));
}

function parseLine(line: string): Challenge[] {
  const found: { scheme: string; parameters: Map<string, string> }[] = [];
  let at = 0;
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = at;
    const text = pattern.exec(line)?.[0] ?? '';
    at += text.length;
    return text;
  };
  while (at < line.length) {
    take(blank);
    if (line[at] === ',') {
      at += 1;
      continue;
    }
    const word = take(token);
    if (word === '') break;
    take(blank);
    const current = found.at(-1);
    if (line[at] !== '=') {
      found.push({ scheme: word.toLowerCase(), parameters: new Map() });
      continue;
    }
    if (current === undefined) break;
    at += 1;
    take(blank);
    const value = line[at] === '"' ? quoted() : take(token);
    if (value === null) break;
    // The first one counts: a repeated parameter is malformed.
    const name = word.toLowerCase();
    if (!current.parameters.has(name)) current.parameters.set(name, value);
  }
  return found;

  function quoted(): string | null {
    at += 1;
    let text = '';
    for (;;) {
      text += take(plain);
      if (at >= line.length) return null;
      at += 1;
      if (line[at - 1] === '"') return text;
      text += line[at] ?? '';
      at += 1;
    }
  }
}
