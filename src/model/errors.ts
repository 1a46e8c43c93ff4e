/** Why a run could not go on. Closed: codes are API, tests assert them, and `cli/exit-codes.ts` maps each to an exit code. */
export type FailureCode =
  | 'usage'
  | 'config-invalid'
  | 'policy-invalid'
  | 'source-not-found'
  | 'source-unreadable'
  | 'source-unauthorized'
  | 'source-unreachable'
  | 'source-unsupported'
  | 'digest-mismatch'
  | 'limit-exceeded'
  | 'document-invalid'
  | 'store-unreadable'
  | 'store-busy'
  | 'ledger-missing'
  | 'ledger-unreadable'
  | 'ledger-inconsistent'
  | 'not-in-ledger'
  | 'document-missing'
  | 'feed-unreachable'
  | 'feed-invalid'
  | 'output-unwritable'
  | 'disk-full'
  | 'aborted';

/**
 * A failure: the run cannot go on. `message` names the place (file, URL, key), `remedy` what the user can do about it.
 * Anything else that is thrown is a bug.
 */
export class CodedError extends Error {
  override readonly name = 'CodedError';
  readonly code: FailureCode;
  readonly remedy: string | undefined;

  constructor(code: FailureCode, message: string, options: { remedy?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.remedy = options.remedy;
  }
}

/** The message of anything that was thrown, for use inside another message. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
