import { compareDigits, endOfDigits, isDigit, isLetter } from './digits.ts';
import type { VersionScheme } from './scheme.ts';

const tilde = 126;
const caret = 94;
const allowed = /^[0-9A-Za-z._+~^:-]+$/;

function endOfLetters(text: string, at: number, to: number): number {
  let end = at;
  while (end < to && isLetter(text.charCodeAt(end))) end++;
  return end;
}

function skipSeparators(text: string, at: number, to: number): number {
  let i = at;
  for (; i < to; i++) {
    const code = text.charCodeAt(i);
    if (isDigit(code) || isLetter(code) || code === tilde || code === caret) break;
  }
  return i;
}

/** Compares two runs of letters byte by byte; a prefix comes first. */
function compareLetters(a: string, aFrom: number, aTo: number, b: string, bFrom: number, bTo: number): number {
  for (let i = aFrom, j = bFrom; i < aTo && j < bTo; i++, j++) {
    const difference = a.charCodeAt(i) - b.charCodeAt(j);
    if (difference !== 0) return difference;
  }
  return aTo - aFrom - (bTo - bFrom);
}

/** A version or a release alone: runs of digits and of letters in turn, `~` before and `^` after the end. */
function comparePart(a: string, aFrom: number, aTo: number, b: string, bFrom: number, bTo: number): number {
  let i = aFrom;
  let j = bFrom;
  for (;;) {
    i = skipSeparators(a, i, aTo);
    j = skipSeparators(b, j, bTo);
    const x = i < aTo ? a.charCodeAt(i) : 0;
    const y = j < bTo ? b.charCodeAt(j) : 0;
    if (x === tilde || y === tilde) {
      if (x !== y) return x === tilde ? -1 : 1;
      i++;
      j++;
      continue;
    }
    if (x === caret || y === caret) {
      if (x !== y) {
        if (x === 0) return -1;
        if (y === 0) return 1;
        return x === caret ? -1 : 1;
      }
      i++;
      j++;
      continue;
    }
    if (x === 0 || y === 0) return x === y ? 0 : x === 0 ? -1 : 1;
    const number = isDigit(x);
    // Of a number and a word the number is the newer.
    if (number !== isDigit(y)) return number ? 1 : -1;
    const iEnd = number ? Math.min(endOfDigits(a, i), aTo) : endOfLetters(a, i, aTo);
    const jEnd = number ? Math.min(endOfDigits(b, j), bTo) : endOfLetters(b, j, bTo);
    const difference = number ? compareDigits(a, i, iEnd, b, j, jEnd) : compareLetters(a, i, iEnd, b, j, jEnd);
    if (difference !== 0) return difference;
    i = iEnd;
    j = jEnd;
  }
}

function colonOf(version: string): number {
  const colon = version.indexOf(':');
  return colon > 0 && endOfDigits(version, 0) === colon ? colon : -1;
}

/**
 * Order of RPM versions, `[epoch:]version[-release]`. A missing epoch is 0; a missing release comes before any.
 * Source: rpm-version(7) and the manual of rpm.vercmp.
 */
export const rpm: VersionScheme = {
  id: 'rpm',
  valid(version) {
    if (version.length > 1000 || !allowed.test(version)) return false;
    const colon = version.indexOf(':');
    if (colon !== -1 && (colonOf(version) !== colon || version.includes(':', colon + 1))) return false;
    const hyphen = version.lastIndexOf('-');
    return hyphen === -1 ? colon + 1 < version.length : hyphen > colon + 1 && hyphen + 1 < version.length;
  },
  compare(a, b) {
    const aColon = colonOf(a);
    const bColon = colonOf(b);
    const epoch = compareDigits(a, 0, Math.max(aColon, 0), b, 0, Math.max(bColon, 0));
    if (epoch !== 0) return epoch;
    const aHyphen = a.lastIndexOf('-');
    const bHyphen = b.lastIndexOf('-');
    const aTo = aHyphen === -1 ? a.length : aHyphen;
    const bTo = bHyphen === -1 ? b.length : bHyphen;
    const byVersion = comparePart(a, aColon + 1, aTo, b, bColon + 1, bTo);
    if (byVersion !== 0) return byVersion;
    if (aHyphen === -1 || bHyphen === -1) return aHyphen === bHyphen ? 0 : aHyphen === -1 ? -1 : 1;
    return comparePart(a, aTo + 1, a.length, b, bTo + 1, b.length);
  },
};
