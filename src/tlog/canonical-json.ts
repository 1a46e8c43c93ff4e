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

/** `value` is not trusted to be what its type says: it may come from a caller's cast. `within`: what it stands in, outermost first. */
function write(value: unknown, within: object[]): string {
  if (typeof value === 'string') return writeText(value);
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw refused(`the number ${value}`);
    // RFC 8785 section 3.2.2.3 takes the numbers of ECMAScript as they are, with 0 for -0.
    return JSON.stringify(value);
  }
  if (typeof value !== 'object') throw refused(`a value of type ${typeof value}`);
  if (within.includes(value)) throw refused('a value that contains itself');
  if (within.length >= maxDepth) throw new LogError('too-large', `JSON is nested more than ${maxDepth} deep`);
  within.push(value);
  const text = Array.isArray(value) ? writeList(value, within) : writeObject(value, within);
  within.pop();
  return text;
}

function writeText(text: string): string {
  if (!text.isWellFormed()) throw refused('text with a lone surrogate');
  return JSON.stringify(text);
}

function writeList(list: readonly unknown[], within: object[]): string {
  let text = '[';
  // By index: a hole is undefined, and refused.
  for (let at = 0; at < list.length; at++) text += at === 0 ? write(list[at], within) : `,${write(list[at], within)}`;
  return `${text}]`;
}

function writeObject(value: object, within: object[]): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw refused('an object that is not plain');
  let text = '{';
  // The default order of sort() is that of UTF-16 code units. Own names alone, so `__proto__` is one like any other.
  for (const name of Object.keys(value).sort()) {
    const member = write((value as Readonly<Record<string, unknown>>)[name], within);
    text += `${text === '{' ? '' : ','}${writeText(name)}:${member}`;
  }
  return `${text}}`;
}

function refused(what: string): LogError {
  return new LogError('malformed', `${what} has no canonical JSON`);
}
