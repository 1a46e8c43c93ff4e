import { LogError } from './errors.ts';

/** What JSON can say. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

const maxDepth = 200;

/**
 * The one text of a JSON value (RFC 8785): no white space, names in the order of their UTF-16 code units, numbers and strings
 * as ECMAScript writes them. Throws `malformed` for what JSON cannot say (NaN, infinities, undefined, lone surrogates, big
 * integers, objects that are not plain, cycles) and `too-large` for values nested over 200 deep.
 */
export function canonicalJson(value: JsonValue): string {
  return write(value, []);
}

/** Whether a text is JSON in its canonical form. */
export function isCanonical(text: string): boolean {
  try {
    return canonicalJson(JSON.parse(text)) === text;
  } catch (thrown) {
    if (thrown instanceof SyntaxError || thrown instanceof LogError) return false;
    throw thrown;
  }
}

/** `value` is not trusted to be what its type says: it may come from a caller's cast. */
function write(value: unknown, within: readonly object[]): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw refused(`the number ${value}`);
    // RFC 8785 section 3.2.2.3 takes the numbers of ECMAScript as they are, with 0 for -0.
    return JSON.stringify(value);
  }
  if (typeof value === 'string') {
    if (!value.isWellFormed()) throw refused('text with a lone surrogate');
    return JSON.stringify(value);
  }
  if (typeof value !== 'object') throw refused(`a value of type ${typeof value}`);
  if (within.includes(value)) throw refused('a value that contains itself');
  if (within.length >= maxDepth) throw new LogError('too-large', `JSON is nested more than ${maxDepth} deep`);
  const inside = [...within, value];
  if (Array.isArray(value)) return `[${Array.from(value, (each) => write(each, inside)).join(',')}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw refused('an object that is not plain');
  // The default order of sort() is that of UTF-16 code units.
  const names = Object.keys(value).sort();
  const members = new Map<string, unknown>(Object.entries(value));
  return `{${names.map((name) => `${write(name, inside)}:${write(members.get(name), inside)}`).join(',')}}`;
}

function refused(what: string): LogError {
  return new LogError('malformed', `${what} has no canonical JSON`);
}
