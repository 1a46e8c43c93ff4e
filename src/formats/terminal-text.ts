import { clip } from '../model/problem.ts';

const ascii = /^[\x20-\x7e]*$/;
const zero = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
// East Asian Wide and Fullwidth of https://www.unicode.org/reports/tr11/, in blocks, and what is shown as a picture.
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}\p{Emoji_Presentation}]$/u;

function charWidth(char: string): number {
  if (zero.test(char)) return 0;
  return wide.test(char) ? 2 : 1;
}

/** Columns that a text takes in a terminal. */
export function widthOf(text: string): number {
  if (ascii.test(text)) return text.length;
  let width = 0;
  for (const char of text) width += charWidth(char);
  return width;
}

/** Text of the input, fit for a terminal: no control characters, at most so many columns, `…` where it was cut. */
export function fit(text: string, columns: number): string {
  const clean = clip(text, 4096);
  if (widthOf(clean) <= columns) return clean;
  let kept = '';
  let width = 0;
  for (const char of clean) {
    width += charWidth(char);
    if (width > columns - 1) break;
    kept += char;
  }
  return columns < 1 ? '' : `${kept.trimEnd()}…`;
}

/** The text, cut and filled to exactly so many columns. */
export function cell(text: string, columns: number): string {
  const cut = fit(text, columns);
  return cut + ' '.repeat(Math.max(0, columns - widthOf(cut)));
}

/** Text of the input in lines of at most so many columns, broken at spaces where there are any; at most `most` lines. */
export function wrap(text: string, columns: number, most = 8): string[] {
  const lines: string[] = [];
  let line = '';
  const words = clip(text, 2000)
    .split(' ')
    .filter((w) => w !== '');
  for (const [i, word] of words.entries()) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (widthOf(longer) <= columns) {
      line = longer;
      continue;
    }
    if (lines.length === most - 1)
      return [...lines, fit(`${line === '' ? '' : `${line} `}${words.slice(i).join(' ')}`, columns)];
    if (line !== '') lines.push(line);
    line = word;
    if (widthOf(word) > columns) {
      lines.push(...broken(word, columns, most - lines.length));
      line = '';
    }
  }
  return line === '' && lines.length > 0 ? lines : [...lines, line];
}

function broken(word: string, columns: number, most: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const char of word) {
    if (widthOf(line + char) > columns) {
      if (lines.length === most - 1) return [...lines, fit(`${line}${char}${char}`, columns)];
      lines.push(line);
      line = '';
    }
    line += char;
  }
  return [...lines, line];
}

/** A name on the left, and text of the input in wrapped lines on the right. */
export function entry(name: string, text: string, columns: number, indent: number): string[] {
  const lines = wrap(text, columns - indent);
  return lines.map((line, i) => (i === 0 ? cell(name, indent) : ' '.repeat(indent)) + line);
}
