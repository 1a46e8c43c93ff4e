import { clip } from '../../../../model/problem.ts';

export interface Requirement {
  readonly path: string;
  readonly version: string;
  /** Without the comment `// indirect`: a package of the main module imports it. */
  readonly direct: boolean;
}

/** `replace path [version] => newPath [newVersion]`; `version` null for all versions, `newVersion` null for a folder. */
export interface Replacement {
  readonly path: string;
  readonly version: string | null;
  readonly newPath: string;
  readonly newVersion: string | null;
}

export interface GoMod {
  /** The main module's path; null where no line says it. */
  readonly module: string | null;
  /** The `go` line: `1.22`, `1.22.3`; null where there is none, which Go reads as 1.16. */
  readonly go: string | null;
  /** The `toolchain` line: `go1.22.3`. */
  readonly toolchain: string | null;
  readonly requirements: readonly Requirement[];
  readonly replacements: readonly Replacement[];
  /** Lines that are not what the grammar allows: `7: what it says`. */
  readonly errors: readonly string[];
  /** There were more than `mostModules` requirements or replacements; the rest was not read. */
  readonly cut: boolean;
}

/** No build has as many modules: what comes behind is an attack. */
export const mostModules = 100_000;
const mostErrors = 20;
const ignored: ReadonlySet<string> = new Set(['exclude', 'retract', 'godebug', 'tool', 'ignore']);

/** Reads a go.mod file: https://go.dev/ref/mod#go-mod-file. `exclude`, `retract` and what says nothing about modules is skipped. */
export function parseGoMod(text: string): GoMod {
  let module: string | null = null;
  let go: string | null = null;
  let toolchain: string | null = null;
  const requirements: Requirement[] = [];
  const replacements: Replacement[] = [];
  const errors: string[] = [];
  let cut = false;
  let block: string | null = null;
  for (const [at, line] of text.split('\n').entries()) {
    const { tokens, comment } = tokensOf(line);
    if (tokens === null) {
      if (errors.length < mostErrors) errors.push(`${at + 1}: ${clip(line.trim(), 100)}`);
      continue;
    }
    const [first] = tokens;
    if (first === undefined) continue;
    if (block !== null && first === ')') block = null;
    else if (block === null && tokens.length === 2 && tokens[1] === '(') block = first;
    else if (!take(block ?? first, block === null ? tokens.slice(1) : tokens, comment) && errors.length < mostErrors) {
      errors.push(`${at + 1}: ${clip(line.trim(), 100)}`);
    }
  }
  return { module, go, toolchain, requirements, replacements, errors, cut };

  /** False: the words do not fit the directive. */
  function take(directive: string, words: readonly string[], comment: string): boolean {
    const [a = '', b = ''] = words;
    if (ignored.has(directive)) return true;
    if (directive === 'require') {
      if (words.length !== 2) return false;
      if (requirements.length >= mostModules) cut = true;
      else requirements.push({ path: a, version: b, direct: !/^indirect(?:[;\s]|$)/.test(comment) });
    } else if (directive === 'replace') {
      const replacement = replacementOf(words);
      if (replacement === null) return false;
      if (replacements.length >= mostModules) cut = true;
      else replacements.push(replacement);
    } else if (words.length !== 1) return false;
    else if (directive === 'module') module = a;
    else if (directive === 'go') go = a;
    else if (directive === 'toolchain') toolchain = a;
    else return false;
    return true;
  }
}

function replacementOf(words: readonly string[]): Replacement | null {
  const arrow = words.indexOf('=>');
  const [path, version = null] = words.slice(0, arrow);
  const [newPath, newVersion = null] = words.slice(arrow + 1);
  if (arrow < 1 || arrow > 2 || words.length - arrow > 3 || path === undefined || newPath === undefined) return null;
  return { path, version, newPath, newVersion };
}

/** Words of a line, quotes taken off, and its comment. `tokens` null where a quote stays open. */
function tokensOf(line: string): { tokens: string[] | null; comment: string } {
  const tokens: string[] = [];
  let at = 0;
  while (at < line.length) {
    const char = line[at] ?? '';
    if (char <= ' ') at++;
    else if (line.startsWith('//', at)) return { tokens, comment: line.slice(at + 2).trim() };
    else if (char === '"' || char === '`') {
      const end = line.indexOf(char, at + 1);
      if (end < 0) return { tokens: null, comment: '' };
      tokens.push(line.slice(at + 1, end));
      at = end + 1;
    } else if (char === '(' || char === ')') {
      tokens.push(char);
      at++;
    } else {
      let end = at;
      while (
        end < line.length &&
        (line[end] ?? '') > ' ' &&
        !'()"`'.includes(line[end] ?? '') &&
        !line.startsWith('//', end)
      )
        end++;
      tokens.push(line.slice(at, end));
      at = end;
    }
    if (tokens.length > 10) return { tokens: null, comment: '' };
  }
  return { tokens, comment: '' };
}
