/** Whether the character code is an ASCII digit. NaN (past the end of a text) is none. */
export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** Whether the character code is an ASCII letter. */
export function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}

/** Where the run of digits that starts at `at` ends. */
export function endOfDigits(text: string, at: number): number {
  let end = at;
  while (isDigit(text.charCodeAt(end))) end++;
  return end;
}

/**
 * Compares two runs of digits as whole numbers of any length, without making a number of them: leading zeros are skipped,
 * then the longer run is the larger. An empty run, or one that starts behind its end, is zero.
 */
export function compareDigits(a: string, aFrom: number, aTo: number, b: string, bFrom: number, bTo: number): number {
  let i = aFrom;
  let j = bFrom;
  while (i < aTo && a.charCodeAt(i) === 48) i++;
  while (j < bTo && b.charCodeAt(j) === 48) j++;
  const longer = Math.max(aTo - i, 0) - Math.max(bTo - j, 0);
  if (longer !== 0) return longer;
  for (; i < aTo; i++, j++) {
    const difference = a.charCodeAt(i) - b.charCodeAt(j);
    if (difference !== 0) return difference;
  }
  return 0;
}
