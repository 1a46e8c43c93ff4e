/** Why the log could not do what was asked. Closed: codes are API. */
export type LogErrorCode =
  | 'unreadable'
  | 'not-a-log'
  | 'inconsistent'
  | 'signature'
  | 'proof'
  | 'malformed'
  | 'too-large'
  | 'immutable'
  | 'write-failed';

/** The one error that this part throws. `place` is the file, tile, line or index that the message speaks of. */
export class LogError extends Error {
  override readonly name = 'LogError';
  readonly code: LogErrorCode;
  readonly place: string | undefined;

  constructor(code: LogErrorCode, message: string, options: { place?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.place = options.place;
  }
}

/** The message of anything that was thrown, for use inside another message. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** Text from a file that may be an attacker's, fit to stand in a message. */
export function quoted(text: string): string {
  const clean = text.slice(0, 160).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, '\u{fffd}');
  return `"${clean.length > 80 ? `${clean.slice(0, 79)}…` : clean}"`;
}
