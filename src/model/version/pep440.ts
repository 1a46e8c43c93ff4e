import { parse } from '@renovatebot/pep440';
import { compareDigits, endOfDigits, isDigit } from './digits.ts';
import type { VersionScheme } from './scheme.ts';

/** A version taken apart: what compares as numbers, one after the other, and the segments of the local version. */
interface Key {
  readonly epoch: number;
  /** Without trailing zeros: `1.0` and `1` are the same release. */
  readonly release: readonly number[];
  /** Phase before or after the release, its number, post-release and development release, in the order in which they count. */
  readonly rest: readonly number[];
  readonly local: readonly string[];
}

const phases = ['a', 'b', 'rc'];
/** Seventeen digits no longer fit a number exactly; no real version has them outside its local part. */
const tooLong = /\d{16}/;

function keyOf(version: string): Key | null {
  if (version.length > 256) return null;
  const plus = version.indexOf('+');
  if (tooLong.test(plus === -1 ? version : version.slice(0, plus))) return null;
  const parsed = parse(version.trim());
  if (parsed === null) return null;
  const release = [...parsed.release];
  while (release.length > 0 && release.at(-1) === 0) release.pop();
  const [phase, count] = parsed.pre ?? [null, 0];
  // A development release of a release stands before its first alpha; a plain or post release stands after every candidate.
  const onlyDev = phase === null && parsed.post === null && parsed.dev !== null;
  const rank = phase === null ? (onlyDev ? -1 : phases.length) : phases.indexOf(String(phase));
  const post = parsed.post === null ? -1 : Number(parsed.post[1]);
  const dev = parsed.dev === null ? Number.POSITIVE_INFINITY : Number(parsed.dev[1]);
  const local =
    plus === -1
      ? []
      : version
          .trim()
          .toLowerCase()
          .slice(version.trim().indexOf('+') + 1)
          .split(/[._-]/);
  return { epoch: parsed.epoch, release, rest: [rank, Number(count), post, dev], local };
}

/** The same few versions are compared with many: what is taken apart is kept, up to a bound. */
const kept = new Map<string, Key | null>();
const keptAtMost = 4096;

function keptKeyOf(version: string): Key | null {
  let key = kept.get(version);
  if (key === undefined) {
    key = keyOf(version);
    if (kept.size >= keptAtMost) kept.clear();
    kept.set(version, key);
  }
  return key;
}

function compareNumbers(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const x = a[i] ?? 0;
    const y = b[i] ?? 0;
    if (x !== y) return x < y ? -1 : 1;
  }
  return a.length - b.length;
}

function compareLocal(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const x = a[i] ?? '';
    const y = b[i] ?? '';
    const numeric = isDigit(x.charCodeAt(0)) && endOfDigits(x, 0) === x.length;
    const numericThere = isDigit(y.charCodeAt(0)) && endOfDigits(y, 0) === y.length;
    if (numeric !== numericThere) return numeric ? 1 : -1;
    if (numeric) {
      const difference = compareDigits(x, 0, x.length, y, 0, y.length);
      if (difference !== 0) return difference;
    } else if (x !== y) return x < y ? -1 : 1;
  }
  return a.length - b.length;
}

/** Order of Python versions. Source: https://packaging.python.org/en/latest/specifications/version-specifiers/ (PEP 440). */
export const pep440: VersionScheme = {
  id: 'pep440',
  valid: (version) => keptKeyOf(version) !== null,
  compare(a, b) {
    const x = keptKeyOf(a);
    const y = keptKeyOf(b);
    if (x === null || y === null) throw new TypeError('pep440.compare was given a text that is no version');
    if (x.epoch !== y.epoch) return x.epoch - y.epoch;
    const release = compareNumbers(x.release, y.release);
    if (release !== 0) return release;
    const rest = compareNumbers(x.rest, y.rest);
    return rest !== 0 ? rest : compareLocal(x.local, y.local);
  },
};
