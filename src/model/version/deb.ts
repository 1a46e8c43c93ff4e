import { compareDigits, endOfDigits, isDigit, isLetter } from './digits.ts';
import type { VersionScheme } from './scheme.ts';

const tilde = 126;
const upstream = /^[0-9A-Za-z.+~:-]+$/;
const revision = /^[0-9A-Za-z.+~]+$/;

/** Sort weight of a character that is no digit: tilde, then the end (and a digit), then letters, then all others. */
function weight(code: number): number {
  if (code === tilde) return -1;
  if (Number.isNaN(code) || isDigit(code)) return 0;
  return isLetter(code) ? code : code + 256;
}

/** Compares one part (upstream version or revision): runs of non-digits by weight, runs of digits as numbers, in turn. */
function comparePart(a: string, aFrom: number, aTo: number, b: string, bFrom: number, bTo: number): number {
  let i = aFrom;
  let j = bFrom;
  while (i < aTo || j < bTo) {
    for (;;) {
      const x = i < aTo ? a.charCodeAt(i) : Number.NaN;
      const y = j < bTo ? b.charCodeAt(j) : Number.NaN;
      const inX = !Number.isNaN(x) && !isDigit(x);
      const inY = !Number.isNaN(y) && !isDigit(y);
      if (!inX && !inY) break;
      const difference = weight(x) - weight(y);
      if (difference !== 0) return difference;
      i++;
      j++;
    }
    const iEnd = Math.min(endOfDigits(a, i), aTo);
    const jEnd = Math.min(endOfDigits(b, j), bTo);
    const difference = compareDigits(a, i, iEnd, b, j, jEnd);
    if (difference !== 0) return difference;
    i = iEnd;
    j = jEnd;
  }
  return 0;
}

/**
 * Order of Debian versions, `[epoch:]upstream[-revision]`. A missing epoch is 0 and a missing revision equals `0`.
 * Source: deb-version(7). As in dpkg, an upstream version that does not start with a digit is still compared.
 */
export const deb: VersionScheme = {
  id: 'deb',
  valid(version) {
    if (version.length === 0 || version.length > 1000) return false;
    const colon = version.indexOf(':');
    if (colon !== -1) {
      if (colon === 0 || endOfDigits(version, 0) !== colon || Number(version.slice(0, colon)) > 0x7fffffff)
        return false;
    }
    const hyphen = version.lastIndexOf('-');
    const rest = version.slice(colon + 1, hyphen > colon ? hyphen : undefined);
    return upstream.test(rest) && (hyphen <= colon || revision.test(version.slice(hyphen + 1)));
  },
  compare(a, b) {
    const aColon = a.indexOf(':');
    const bColon = b.indexOf(':');
    const epoch = compareDigits(a, 0, Math.max(aColon, 0), b, 0, Math.max(bColon, 0));
    if (epoch !== 0) return epoch;
    const aHyphen = a.lastIndexOf('-');
    const bHyphen = b.lastIndexOf('-');
    const aTo = aHyphen > aColon ? aHyphen : a.length;
    const bTo = bHyphen > bColon ? bHyphen : b.length;
    const byUpstream = comparePart(a, aColon + 1, aTo, b, bColon + 1, bTo);
    return byUpstream !== 0 ? byUpstream : comparePart(a, aTo + 1, a.length, b, bTo + 1, b.length);
  },
};
