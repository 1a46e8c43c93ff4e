import { compareDigits, endOfDigits, isDigit } from './digits.ts';
import type { VersionScheme } from './scheme.ts';

/** Suffixes in their order; those before `none` stand before the version without a suffix, the others after it. */
const suffixes = ['alpha', 'beta', 'pre', 'rc', 'none', 'cvs', 'svn', 'git', 'hg', 'p'];
const none = suffixes.indexOf('none');

/** What may follow, in the order that decides where two versions part: what comes earlier here is the newer version. */
const first = 0;
const digits = 1;
const letter = 2;
const suffix = 3;
const suffixNumber = 4;
const hash = 5;
const revision = 6;
const end = 7;
const invalid = 8;

function isSmall(code: number): boolean {
  return code >= 97 && code <= 122;
}

/** Walks over a version part by part; the part is `text.slice(from, to)`. */
class Walk {
  readonly text: string;
  kind = first;
  from = 0;
  to: number;
  /** Place in `suffixes`, when the part is one. */
  rank = none;

  constructor(text: string) {
    this.text = text;
    this.to = endOfDigits(text, 0);
    if (this.to === 0) this.kind = invalid;
  }

  #take(kind: number, from: number, to: number): void {
    this.kind = to > from ? kind : invalid;
    this.from = from;
    this.to = to;
  }

  next(): void {
    const { text, kind } = this;
    const at = this.to;
    const code = text.charCodeAt(at);
    if (at >= text.length) this.#take(end, at, at + 1);
    else if (code === 46 && kind <= digits) this.#take(digits, at + 1, endOfDigits(text, at + 1));
    else if (isSmall(code) && kind <= digits) this.#take(letter, at, at + 1);
    else if (code === 95 && kind <= suffixNumber) this.#suffix(at + 1);
    else if (isDigit(code) && kind === suffix) this.#take(suffixNumber, at, endOfDigits(text, at));
    else if (code === 126 && kind < hash) this.#hash(at + 1);
    else if (code === 45 && kind < revision && text.charCodeAt(at + 1) === 114)
      this.#take(revision, at + 2, endOfDigits(text, at + 2));
    else this.kind = invalid;
  }

  #suffix(from: number): void {
    let to = from;
    while (isSmall(this.text.charCodeAt(to))) to++;
    this.rank = suffixes.indexOf(this.text.slice(from, to));
    this.#take(this.rank === -1 || this.rank === none ? invalid : suffix, from, to);
  }

  #hash(from: number): void {
    let to = from;
    for (; to < this.text.length; to++) {
      const code = this.text.charCodeAt(to);
      if (!isDigit(code) && !(code >= 97 && code <= 102)) break;
    }
    this.#take(hash, from, to);
  }
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function comparePart(a: Walk, b: Walk): number {
  switch (a.kind) {
    case digits:
      // A leading zero makes it a fraction: `1.02` lies before `1.1`.
      if (a.text.charCodeAt(a.from) === 48 || b.text.charCodeAt(b.from) === 48)
        return compareText(a.text.slice(a.from, a.to), b.text.slice(b.from, b.to));
      return compareDigits(a.text, a.from, a.to, b.text, b.from, b.to);
    case first:
    case suffixNumber:
    case revision:
      return compareDigits(a.text, a.from, a.to, b.text, b.from, b.to);
    case suffix:
      return a.rank - b.rank;
    default:
      return compareText(a.text.slice(a.from, a.to), b.text.slice(b.from, b.to));
  }
}

/**
 * Order of Alpine versions: `number{.number}[letter]{_suffix[number]}[~hash][-rN]`.
 * Source: apk-package(5) and the rules that apk-tools 3 publishes with it.
 */
export const apk: VersionScheme = {
  id: 'apk',
  valid(version) {
    if (version.length > 1000) return false;
    const walk = new Walk(version);
    while (walk.kind < end) walk.next();
    return walk.kind === end;
  },
  compare(a, b) {
    const x = new Walk(a);
    const y = new Walk(b);
    while (x.kind === y.kind && x.kind < end) {
      const difference = comparePart(x, y);
      if (difference !== 0) return difference;
      x.next();
      y.next();
    }
    if (x.kind === y.kind) return 0;
    if (x.kind === suffix && x.rank < none) return -1;
    if (y.kind === suffix && y.rank < none) return 1;
    return y.kind - x.kind;
  },
};
