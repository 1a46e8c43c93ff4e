import { compareDigits, endOfDigits, isDigit, isLetter } from './digits.ts';
import type { VersionScheme } from './scheme.ts';

const dot = 46;
const hyphen = 45;
const plus = 43;

/** Where the version proper starts: behind a leading `v` or `=`. */
function startOf(version: string): number {
  const code = version.charCodeAt(0);
  return code === 118 || code === 86 || code === 61 ? 1 : 0;
}

/** Where the numbers end (`1.2.3` of `1.2.3-rc.1+b`). Minus one where there are none, or more than `most`. */
function endOfNumbers(version: string, most: number): number {
  let at = startOf(version);
  for (let count = 1; ; count++) {
    const to = endOfDigits(version, at);
    if (to === at || count > most) return -1;
    if (version.charCodeAt(to) !== dot) return to;
    at = to + 1;
  }
}

/** Where the dot-separated identifiers that start at `at` end; minus one where one of them is empty. */
function endOfIdentifiers(version: string, at: number): number {
  let from = at;
  for (let i = at; ; i++) {
    const code = version.charCodeAt(i);
    if (isDigit(code) || isLetter(code) || code === hyphen) continue;
    if (i === from) return -1;
    if (code !== dot) return i;
    from = i + 1;
  }
}

/** Where the pre-release starts: behind a hyphen, or with a letter that follows the numbers at once (`1.9.0b1`). */
function startOfPreRelease(version: string, endOfNumbers: number): number {
  return isLetter(version.charCodeAt(endOfNumbers)) ? endOfNumbers : endOfNumbers + 1;
}

/**
 * Whether the text is a version as SemVer 2.0.0 has it, or one with missing or (up to `most`) more numbers; with `loose` also one
 * whose pre-release lacks its hyphen.
 */
export function validLenient(version: string, most: number, loose = false): boolean {
  if (version.length > 1000) return false;
  let at = endOfNumbers(version, most);
  const code = version.charCodeAt(at);
  if (at !== -1 && (code === hyphen || (loose && isLetter(code))))
    at = endOfIdentifiers(version, startOfPreRelease(version, at));
  if (at !== -1 && version.charCodeAt(at) === plus) at = endOfIdentifiers(version, at + 1);
  return at === version.length;
}

function compareNumbers(a: string, b: string): number {
  let i = startOf(a);
  let j = startOf(b);
  for (;;) {
    const iEnd = endOfDigits(a, i);
    const jEnd = endOfDigits(b, j);
    const difference = compareDigits(a, i, iEnd, b, j, jEnd);
    if (difference !== 0) return difference;
    const more = a.charCodeAt(iEnd) === dot;
    const moreThere = b.charCodeAt(jEnd) === dot;
    if (!more && !moreThere) return 0;
    // A missing number is zero: an empty run of digits.
    i = more ? iEnd + 1 : iEnd;
    j = moreThere ? jEnd + 1 : jEnd;
    if (!more && iEnd < a.length) i = a.length;
    if (!moreThere && jEnd < b.length) j = b.length;
  }
}

function endOfIdentifier(text: string, at: number, to: number): number {
  let end = at;
  while (end < to && text.charCodeAt(end) !== dot) end++;
  return end;
}

/** SemVer 11.4: identifiers from left to right; numbers before words; the shorter list first. */
function comparePreRelease(a: string, aFrom: number, aTo: number, b: string, bFrom: number, bTo: number): number {
  if (aFrom >= aTo || bFrom >= bTo) return (aFrom >= aTo ? 1 : 0) - (bFrom >= bTo ? 1 : 0);
  let i = aFrom;
  let j = bFrom;
  for (;;) {
    const iEnd = endOfIdentifier(a, i, aTo);
    const jEnd = endOfIdentifier(b, j, bTo);
    const numeric = endOfDigits(a, i) >= iEnd;
    const numericThere = endOfDigits(b, j) >= jEnd;
    if (numeric !== numericThere) return numeric ? -1 : 1;
    if (numeric) {
      const difference = compareDigits(a, i, iEnd, b, j, jEnd);
      if (difference !== 0) return difference;
    } else {
      const x = a.slice(i, iEnd);
      const y = b.slice(j, jEnd);
      if (x !== y) return x < y ? -1 : 1;
    }
    if (iEnd >= aTo || jEnd >= bTo) return (iEnd >= aTo ? 0 : 1) - (jEnd >= bTo ? 0 : 1);
    i = iEnd + 1;
    j = jEnd + 1;
  }
}

/** Compares two versions for which `validLenient` holds. Build metadata does not count. */
export function compareLenient(a: string, b: string): number {
  const difference = compareNumbers(a, b);
  if (difference !== 0) return difference;
  const aFrom = endOfNumbers(a, Number.POSITIVE_INFINITY);
  const bFrom = endOfNumbers(b, Number.POSITIVE_INFINITY);
  const aPlus = a.indexOf('+', aFrom);
  const bPlus = b.indexOf('+', bFrom);
  return comparePreRelease(
    a,
    startOfPreRelease(a, aFrom),
    aPlus === -1 ? a.length : aPlus,
    b,
    startOfPreRelease(b, bFrom),
    bPlus === -1 ? b.length : bPlus,
  );
}

/**
 * Order of https://semver.org/spec/v2.0.0.html. Advisories also write `0`, `1.2`, `v1.2.3` and `1.2.3.4`: missing numbers are
 * zero, a fourth one is compared like the others, and in `1.9.0b1` the pre-release starts with its letter. Written here and held
 * against the library `semver`, which throws on these and needs three to four times as long, because it parses both texts with
 * regular expressions on each comparison.
 */
export const semver: VersionScheme = {
  id: 'semver',
  valid: (version) => validLenient(version, 4, true),
  compare: compareLenient,
};
