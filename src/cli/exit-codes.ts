import type { FailureCode } from '../model/errors.ts';
import type { VerdictKind } from '../model/verdict.ts';

/** What a process of Kvitto ends with. 1 is also what `scan --exit-code 1` chose; `--exit-code N` may choose another. */
export const exitCodes = { done: 0, gateFailed: 1, usage: 2, cannotSay: 3, failure: 4, bug: 70 } as const;

/** What each exit code says, for people. */
export const exitCodeMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
  done: 'done; of the gate: pass',
  gateFailed:
    'the gate says fail (or `scan --exit-code 1`, and there are findings); of deploy: it runs without a pass; of verify: a fault',
  usage: 'wrong usage, bad configuration or policy: the message names the line and the key',
  cannotSay: 'cannot say: something could not be read or assessed, or there are no or only old advisories',
  failure: 'it did not work: no such image, no network, no permission, disk full',
  bug: 'a bug in Kvitto, with what to report',
};

/** The exit code of a verdict. */
export const exitCodeOfVerdict: Readonly<Record<VerdictKind, number>> = {
  pass: exitCodes.done,
  fail: exitCodes.gateFailed,
  'cannot-say': exitCodes.cannotSay,
};

/** The exit code of a failure: every code of the closed list is here, or this does not compile. */
export const exitCodeOfFailure: Readonly<Record<FailureCode, number>> = {
  usage: exitCodes.usage,
  'config-invalid': exitCodes.usage,
  'policy-invalid': exitCodes.usage,
  'store-unreadable': exitCodes.cannotSay,
  'store-busy': exitCodes.failure,
  'source-not-found': exitCodes.failure,
  'source-unreadable': exitCodes.failure,
  'source-unauthorized': exitCodes.failure,
  'source-unreachable': exitCodes.failure,
  'source-unsupported': exitCodes.failure,
  'digest-mismatch': exitCodes.failure,
  'limit-exceeded': exitCodes.failure,
  'document-invalid': exitCodes.failure,
  'ledger-missing': exitCodes.failure,
  'ledger-unreadable': exitCodes.failure,
  'ledger-inconsistent': exitCodes.failure,
  'not-in-ledger': exitCodes.failure,
  'document-missing': exitCodes.failure,
  'feed-unreachable': exitCodes.failure,
  'feed-invalid': exitCodes.failure,
  'output-unwritable': exitCodes.failure,
  'disk-full': exitCodes.failure,
  aborted: exitCodes.failure,
};
