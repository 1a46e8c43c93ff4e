import type { ProblemCode } from '../model/problem.ts';

/** Every code of a problem, with what it says in words. The compiler holds it against the model. */
export const problemCodes: Readonly<Record<ProblemCode, string>> = {
  unreadable: 'could not be read',
  truncated: 'ends too early',
  malformed: 'is not what it says it is',
  'digest-mismatch': 'has another digest than stated',
  'limit-exceeded': 'is larger than the limit',
  'unsafe-path': 'has an unsafe path',
  unsupported: 'is not supported',
  'os-unknown': 'operating system not recognised',
  'os-unsupported': 'no advisories exist for this operating system',
  'os-end-of-life': 'gets no security updates any more',
  'nothing-recognised': 'nothing was recognised',
  'ecosystem-unsupported': 'no advisories exist for this ecosystem',
  'ecosystem-not-in-store': 'advisories are not in the store',
  'store-missing': 'no advisory store',
  'store-stale': 'the advisory store is too old',
  'version-not-comparable': 'version cannot be compared',
};

/** Whether a text from a document is a code of ours. */
export function isProblemCode(text: string): text is ProblemCode {
  return Object.hasOwn(problemCodes, text);
}
