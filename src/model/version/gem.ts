import { compareDigits, endOfDigits, isDigit, isLetter } from './digits.ts';
import type { VersionScheme } from './scheme.ts';

const shape = /^[0-9]+(?:\.[0-9a-zA-Z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

function isZero(segment: string): boolean {
  for (let i = 0; i < segment.length; i++) if (segment.charCodeAt(i) !== 48) return false;
  return true;
}

/** Runs of digits and runs of letters; a hyphen stands for `.pre.`. Zeros before the first word and at the end do not count. */
function segmentsOf(version: string): string[] {
  const text = version.replaceAll('-', '.pre.');
  const segments: string[] = [];
  let worded = false;
  const dropZeros = () => {
    while (segments.length > 0 && isZero(segments.at(-1) ?? '')) segments.pop();
  };
  for (let at = 0; at < text.length; ) {
    let end = endOfDigits(text, at);
    if (end === at) {
      while (isLetter(text.charCodeAt(end))) end++;
      if (end > at && !worded) {
        dropZeros();
        worded = true;
      }
    }
    if (end > at) segments.push(text.slice(at, end));
    at = Math.max(end, at + 1);
  }
  dropZeros();
  return segments;
}

/**
 * Order of RubyGems versions: segments from left to right, a missing one is zero, a word comes before any number, so that `1.0.a`
 * is a pre-release. Source: https://docs.ruby-lang.org/en/3.4/Gem/Version.html
 */
export const gem: VersionScheme = {
  id: 'gem',
  valid: (version) => version.length <= 1000 && shape.test(version),
  compare(a, b) {
    const x = segmentsOf(a);
    const y = segmentsOf(b);
    for (let i = 0; i < x.length || i < y.length; i++) {
      const left = x[i] ?? '0';
      const right = y[i] ?? '0';
      const numeric = isDigit(left.charCodeAt(0));
      const numericThere = isDigit(right.charCodeAt(0));
      if (numeric !== numericThere) return numeric ? 1 : -1;
      if (numeric) {
        const difference = compareDigits(left, 0, left.length, right, 0, right.length);
        if (difference !== 0) return difference;
      } else if (left !== right) return left < right ? -1 : 1;
    }
    return 0;
  },
};
