import { LogError } from './errors.ts';

/** Tags of DER (X.690) that time stamps and certificates are made of. */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One element: its tag byte, what is in it, and all of its bytes. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly whole: Uint8Array;
}

const maxElements = 2000;

/**
 * Reads elements one after another. Strict: definite lengths in their shortest form, one-byte tags, nothing behind the end.
 * It goes into an element only when asked to, so that depth is the reader's own. Throws `malformed` with `what` in the message.
 */
export class DerReader {
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #at = 0;

  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  /** The one element of these bytes, which must have this tag. */
  static only(bytes: Uint8Array, tag: number, what: string): DerElement {
    const reader = new DerReader(bytes, what);
    const element = reader.take(tag);
    reader.end();
    return element;
  }

  /** A reader of what is in a sequence, a set or an explicit tag. */
  static inside(element: DerElement, what: string): DerReader {
    return new DerReader(element.content, what);
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** The tag of the next element, or null at the end. */
  get nextTag(): number | null {
    return this.#bytes[this.#at] ?? null;
  }

  /** The next element, which must have one of these tags. */
  take(...allowed: readonly number[]): DerElement {
    const start = this.#at;
    const tag = this.#byte();
    if (!allowed.includes(tag)) throw this.#fail(`has tag ${tag.toString(16)} at byte ${start}`);
    const length = this.#length();
    if (length > this.#bytes.length - this.#at) throw this.#fail(`ends inside the element at byte ${start}`);
    const content = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    return { tag, content, whole: this.#bytes.subarray(start, this.#at) };
  }

  /** The next element where it has this tag, else null. */
  optional(tag: number): DerElement | null {
    return this.nextTag === tag ? this.take(tag) : null;
  }

  /** What is in the next element, which must have this tag. */
  enter(tag: number, what: string): DerReader {
    return DerReader.inside(this.take(tag), what);
  }

  /** All elements up to the end, of whatever tag. */
  rest(): DerElement[] {
    const elements: DerElement[] = [];
    while (!this.isAtEnd) {
      if (elements.length >= maxElements)
        throw new LogError('too-large', `${this.#what} has more than ${maxElements} parts`);
      elements.push(this.take(this.nextTag ?? 0));
    }
    return elements;
  }

  end(): void {
    if (!this.isAtEnd) throw this.#fail('goes on behind its end');
  }

  /** The next element as an object identifier in dots. */
  oid(): string {
    const { content } = this.take(tags.oid);
    const last = content.at(-1);
    if (last === undefined || last >= 0x80 || content.length > 64)
      throw this.#fail('has an object identifier that is none');
    const numbers: bigint[] = [];
    let value = 0n;
    let isFirst = true;
    for (const byte of content) {
      if (isFirst && byte === 0x80) throw this.#fail('has an object identifier in another form than the shortest');
      value = value * 128n + BigInt(byte % 128);
      isFirst = byte < 0x80;
      if (!isFirst) continue;
      numbers.push(value);
      value = 0n;
    }
    const [head = 0n, ...tail] = numbers;
    const root = head < 80n ? head / 40n : 2n;
    return [root, head - root * 40n, ...tail].join('.');
  }

  /** The next element as an integer; its bytes are kept, as serial numbers are of any length. */
  integer(): bigint {
    const { content } = this.take(tags.integer);
    const [first, second = 0] = content;
    const isLong = content.length > 1 && ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80));
    if (first === undefined || isLong || content.length > 64) throw this.#fail('has an integer that is none');
    return BigInt.asIntN(content.length * 8, BigInt(`0x${Buffer.from(content).toString('hex')}`));
  }

  /** The next element as a boolean: DER has two bytes for it. */
  boolean(): boolean {
    const { content } = this.take(tags.boolean);
    if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff))
      throw this.#fail('has a boolean that is none');
    return content[0] === 0xff;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw this.#fail('ends too early');
    return byte;
  }

  #length(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    const count = first - 0x80;
    if (count === 0 || count > 4) throw this.#fail('has a length that is not definite, or too long');
    let length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + this.#byte();
    if (length < 0x80 || length < 256 ** (count - 1))
      throw this.#fail('has a length in another form than the shortest');
    return length;
  }

  #fail(why: string): LogError {
    return new LogError('malformed', `${this.#what} ${why}`);
  }
}

/** An element with this tag and contents. */
export function writeDer(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(contents);
  const digits: number[] = [];
  for (let rest = content.length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  const length = content.length < 0x80 ? [content.length] : [0x80 + digits.length, ...digits];
  return Uint8Array.from([tag, ...length, ...content]);
}

/** An object identifier. */
export function writeOid(dotted: string): Uint8Array {
  const [root = 0, first = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [root * 40 + first, ...rest].flatMap((number) => {
    const digits = [number % 128];
    for (let left = Math.floor(number / 128); left > 0; left = Math.floor(left / 128))
      digits.unshift(128 + (left % 128));
    return digits;
  });
  return writeDer(tags.oid, Uint8Array.from(bytes));
}

/** A non-negative integer from its big-endian bytes. */
export function writeInteger(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0);
  const digits = start < 0 ? Uint8Array.of(0) : bytes.subarray(start);
  return writeDer(tags.integer, (digits[0] ?? 0) >= 0x80 ? Uint8Array.of(0, ...digits) : digits);
}
