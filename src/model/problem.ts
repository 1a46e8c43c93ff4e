/** What kept a part of the input from being read or assessed. Closed: codes are API. */
export type ProblemCode =
  | 'unreadable'
  | 'truncated'
  | 'malformed'
  | 'digest-mismatch'
  | 'limit-exceeded'
  | 'unsafe-path'
  | 'unsupported'
  | 'os-unknown'
  | 'os-unsupported'
  | 'os-end-of-life'
  | 'nothing-recognised'
  | 'ecosystem-unsupported'
  | 'ecosystem-not-in-store'
  | 'store-missing'
  | 'store-stale'
  | 'version-not-comparable';

/**
 * Something that could not be read or assessed. Part of the result: one problem makes it incomplete, and the verdict of
 * an incomplete result is never `pass` unless the user allowed it.
 */
export interface Problem {
  readonly code: ProblemCode;
  /** The file, layer, component or feed, as the user would name it. Never a path on the scanning machine's temp folder. */
  readonly where: string;
  /** One sentence: what happened and, where there is one, the remedy. Text from the input is clipped and made printable. */
  readonly message: string;
}

const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Text that came from an attacker's input, fit to stand in a message: control characters replaced, at most `most` long. */
export function clip(text: string, most = 200): string {
  const clean = text.slice(0, most * 2).replace(unprintable, '\u{fffd}');
  return clean.length > most ? `${clean.slice(0, most - 1)}…` : clean;
}

/** Problems in the order in which they are reported: by place, then code, then message; exact repeats removed. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const seen = new Map(problems.map((p) => [`${p.where}\0${p.code}\0${p.message}`, p]));
  return [...seen].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, p]) => p);
}
