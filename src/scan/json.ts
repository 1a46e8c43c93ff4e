import { CodedError, messageOf } from '../model/errors.ts';
import { clip } from '../model/problem.ts';

/** A JSON object whose keys an attacker may have chosen: read it by fixed names, or through `Object.entries`. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** Whether a parsed JSON value is an object. */
export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The strings of an array; empty where it is none. */
export function stringsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

const remedy = 'The copy is damaged, or something else was put in its place: save or push the image again.';

/**
 * The object that `bytes` holds as JSON in UTF-8 (a byte order mark is tolerated).
 * Throws `limit-exceeded` above `mostBytes` and `document-invalid` where it is no JSON object; `where` names the document.
 */
export function parseJsonRecord(bytes: Uint8Array, where: string, mostBytes: number): JsonRecord {
  if (bytes.length > mostBytes) {
    throw new CodedError(
      'limit-exceeded',
      `${where}: ${bytes.length} bytes are more than the ${mostBytes} that are read.`,
      { remedy },
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new CodedError('document-invalid', `${where}: not JSON: ${clip(messageOf(error), 120)}.`, {
      remedy,
      cause: error,
    });
  }
  if (!isRecord(value)) throw new CodedError('document-invalid', `${where}: not a JSON object.`, { remedy });
  return value;
}
