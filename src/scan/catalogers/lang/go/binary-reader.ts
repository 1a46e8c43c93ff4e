/** Numbers of one word size and byte order at an offset. Throws a RangeError outside of the buffer, as Buffer does. */
export interface BinaryReader {
  u16(at: number): number;
  u32(at: number): number;
  /** An address: 4 or 8 bytes. */
  word(at: number): bigint;
  /** An offset or size in the file; one that no file can have becomes `Number.MAX_SAFE_INTEGER`. */
  size(at: number): number;
}

export function binaryReader(bytes: Buffer, bigEndian: boolean, wordBytes: 4 | 8): BinaryReader {
  const u32 = (at: number) => (bigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at));
  const word = (at: number) => {
    if (wordBytes === 4) return BigInt(u32(at));
    return bigEndian ? bytes.readBigUInt64BE(at) : bytes.readBigUInt64LE(at);
  };
  return {
    u16: (at) => (bigEndian ? bytes.readUInt16BE(at) : bytes.readUInt16LE(at)),
    u32,
    word,
    size: (at) => {
      if (wordBytes === 4) return u32(at);
      const value = u32(bigEndian ? at : at + 4) * 2 ** 32 + u32(bigEndian ? at + 4 : at);
      return Math.min(value, Number.MAX_SAFE_INTEGER);
    },
  };
}
