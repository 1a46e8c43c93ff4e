/** Size of a tar record. */
export const blockBytes = 512;

/** A header block, decoded but not interpreted. Layout: POSIX.1-1988 ustar, and the GNU manual "Basic Tar Format". */
export interface RawHeader {
  readonly name: string;
  readonly mode: number;
  /** -1 where the field is no number. */
  readonly sizeBytes: number;
  /** The character of the type flag; `\0` of old archives is given as `0`. */
  readonly type: string;
  readonly linkName: string;
  /** Old GNU sparse entry with further map blocks after this header. */
  readonly sparseContinues: boolean;
}

/** Why a block is no header. */
export type BadHeader = 'zero' | 'checksum';

/** Decodes the 512 bytes at `at`. `zero` for a block of zeros, `checksum` where its own sum says it is damaged or no header. */
export function decodeHeader(block: Buffer, at: number): RawHeader | BadHeader {
  const stored = octal(block, at + 148, 8);
  // Zero blocks are rare, and their first byte gives them away.
  if (block[at] === 0 && isZero(block, at)) return 'zero';
  if (!sumFits(block, at, stored)) return 'checksum';
  const type = block[at + 156] === 0 ? '0' : String.fromCharCode(block[at + 156] ?? 0x30);
  let name = text(block, at, 100);
  // POSIX magic is `ustar\0`; GNU's `ustar  \0` keeps other things where the prefix would be.
  if (block[at + 345] !== 0 && block[at + 257] === 0x75 && block[at + 262] === 0) {
    name = `${text(block, at + 345, 155)}/${name}`;
  }
  return {
    name,
    mode: Math.max(0, octal(block, at + 100, 8)) & 0o7777,
    sizeBytes: sizeOf(block, at + 124),
    type,
    linkName: block[at + 157] === 0 ? '' : text(block, at + 157, 100),
    sparseContinues: type === 'S' && block[at + 482] === 1,
  };
}

/** Octal digits, spaces around them; 0 for an empty field, -1 for anything else. */
function octal(block: Buffer, at: number, length: number): number {
  let value = 0;
  let state = 0;
  for (let i = at; i < at + length; i++) {
    const byte = block[i] ?? 0;
    if (byte >= 0x30 && byte <= 0x37) {
      if (state === 2) return -1;
      state = 1;
      value = value * 8 + byte - 0x30;
    } else if (byte === 0x20 || byte === 0) {
      if (byte === 0) return value;
      if (state === 1) state = 2;
    } else {
      return -1;
    }
  }
  return value;
}

/** Octal, or base-256 (GNU, star) when the first bit is set. -1 for negative, oversized and malformed numbers. */
function sizeOf(block: Buffer, at: number): number {
  const first = block[at] ?? 0;
  if (first < 0x80) return octal(block, at, 12);
  if ((first & 0x40) !== 0) return -1;
  let value = first & 0x3f;
  for (let i = at + 1; i < at + 12; i++) {
    value = value * 256 + (block[i] ?? 0);
    if (value > Number.MAX_SAFE_INTEGER) return -1;
  }
  return value;
}

/** Sum over the block with the checksum field read as spaces; old writers summed signed bytes. */
function sumFits(block: Buffer, at: number, stored: number): boolean {
  if (stored < 0) return false;
  let sum = 8 * 0x20;
  for (let i = at; i < at + 148; i++) sum += block[i] ?? 0;
  for (let i = at + 156; i < at + blockBytes; i++) sum += block[i] ?? 0;
  if (sum === stored) return true;
  let high = 0;
  for (let i = at; i < at + blockBytes; i++) if ((i < at + 148 || i >= at + 156) && (block[i] ?? 0) > 127) high++;
  return sum - 256 * high === stored;
}

function isZero(block: Buffer, at: number): boolean {
  for (let i = at; i < at + blockBytes; i++) if (block[i] !== 0) return false;
  return true;
}

/** Up to the first NUL. Bytes that are no UTF-8 become U+FFFD. */
function text(block: Buffer, at: number, length: number): string {
  let end = at;
  let high = 0;
  for (let byte = block[end] ?? 0; byte !== 0 && end < at + length; byte = block[++end] ?? 0) high |= byte;
  return high < 0x80 ? block.toString('latin1', at, end) : block.toString('utf8', at, end);
}
