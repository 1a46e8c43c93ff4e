/** What a made ELF file is to hold. */
export interface ElfRecipe {
  readonly bits: 32 | 64;
  readonly bigEndian: boolean;
  /** `inline` since Go 1.18, `pointer` before. */
  readonly format: 'inline' | 'pointer';
  readonly goVersion: string;
  readonly modules: string;
  /** Whether it carries the note that Go's linker writes. */
  readonly note: boolean;
  readonly sizeBytes: number;
}

const start = Buffer.from('3077af0c9274080241e1c107e6d618e6', 'hex');
const end = Buffer.from('f932433186182072008242104116d8f2', 'hex');
const rodataAt = 0x1000;

/** A minimal ELF file with two segments, read-only and writable, laid out as Go's linker does: for tests, nothing can run it. */
export function makeElf(recipe: ElfRecipe): Buffer {
  const { bits, bigEndian } = recipe;
  const wordBytes = bits / 8;
  const file = Buffer.alloc(recipe.sizeBytes);
  const u = (value: number, at: number, bytes: number) =>
    bigEndian ? putBig(file, value, at, bytes) : file.writeUIntLE(value, at, Math.min(bytes, 6));
  const text = recipe.modules === '' ? Buffer.alloc(0) : Buffer.concat([start, Buffer.from(recipe.modules), end]);
  const base = 0x400000;

  file.set([0x7f, 0x45, 0x4c, 0x46, bits === 64 ? 2 : 1, bigEndian ? 2 : 1, 1]);
  const [phoff, phentsize, phnum] = bits === 64 ? [32, 54, 56] : [28, 42, 44];
  u(0x40, phoff, wordBytes);
  u(bits === 64 ? 56 : 32, phentsize, 2);
  u(2, phnum, 2);
  const dataAt = rodataAt + Math.ceil((text.length + 0x200) / 0x1000) * 0x1000;
  segment(0x40, 4, rodataAt, dataAt - rodataAt);
  segment(0x40 + (bits === 64 ? 56 : 32), 6, dataAt, file.length - dataAt);
  if (recipe.note) {
    u(4, 0x200, 4);
    u(4, 0x204, 4);
    u(4, 0x208, 4);
    file.write('Go\0\0abcd', 0x20c, 'latin1');
  }

  // Not at the begin of the segment, and once more where it must not be found: not at a multiple of 16.
  file.write('\xff Go buildinf:', dataAt + 8, 'latin1');
  const header = dataAt + 0x40;
  file.write('\xff Go buildinf:', header, 'latin1');
  file[header + 14] = wordBytes;
  if (recipe.format === 'inline') {
    file[header + 15] = 2;
    const version = Buffer.from(recipe.goVersion);
    Buffer.concat([uvarint(version.length), version, uvarint(text.length), text]).copy(file, header + 32);
  } else {
    file[header + 15] = bigEndian ? 1 : 0;
    text.copy(file, rodataAt + 0x100);
    file.write(`xxgo1.1${recipe.goVersion}go1.9yy`, rodataAt, 'latin1');
    const strings = header + 0x80;
    u(base + strings, header + 16, wordBytes);
    u(base + strings + 2 * wordBytes, header + 16 + wordBytes, wordBytes);
    u(base + rodataAt + 7, strings, wordBytes);
    u(recipe.goVersion.length, strings + wordBytes, wordBytes);
    u(base + rodataAt + 0x100, strings + 2 * wordBytes, wordBytes);
    u(text.length, strings + 3 * wordBytes, wordBytes);
  }
  return file;

  function segment(at: number, flags: number, offset: number, size: number): void {
    u(1, at, 4);
    u(flags, at + (bits === 64 ? 4 : 24), 4);
    u(offset, at + (bits === 64 ? 8 : 4), wordBytes);
    u(base + offset, at + (bits === 64 ? 16 : 8), wordBytes);
    u(size, at + (bits === 64 ? 32 : 16), wordBytes);
  }
}

function putBig(file: Buffer, value: number, at: number, bytes: number): void {
  file.writeUIntBE(value, at + Math.max(0, bytes - 6), Math.min(bytes, 6));
}

function uvarint(value: number): Buffer {
  const out: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...out, rest]);
    out.push((rest & 0x7f) | 0x80);
  }
}
