import type { Problem } from '../model/problem.ts';

/** More of one file help nobody, and an attacker could make millions. */
const mostOfOneFile = 100;

/** The problems of one file, `where`: the first hundred, and how many more there are. */
export function capProblems(problems: readonly Problem[], where: string): readonly Problem[] {
  const more = problems.length - mostOfOneFile;
  if (more <= 0) return problems;
  const last: Problem = { code: 'malformed', where, message: `${more} more problems of this file are not listed` };
  return [...problems.slice(0, mostOfOneFile), last];
}
