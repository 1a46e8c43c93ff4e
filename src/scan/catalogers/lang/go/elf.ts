import { binaryReader } from './binary-reader.ts';
import type { Layout, Segment, Stretch } from './layout.ts';

const mostHeaders = 512;
const load = 1;
const executable = 1;
const writable = 2;

/** ELF of both word sizes and byte orders (System V ABI, chapters 4 and 5). Null where nothing is loaded from the file. */
export function elfLayout(head: Buffer): Layout | null {
  const wide = head[4] === 2;
  if ((head[4] !== 1 && !wide) || (head[5] !== 1 && head[5] !== 2)) return null;
  const read = binaryReader(head, head[5] === 2, wide ? 8 : 4);
  const at = wide
    ? { phoff: 32, shoff: 40, phentsize: 54, phnum: 56, shentsize: 58, shnum: 60 }
    : { phoff: 28, shoff: 32, phentsize: 42, phnum: 44, shentsize: 46, shnum: 48 };
  const count = read.u16(at.phnum);
  const entrySize = read.u16(at.phentsize);
  const start = read.size(at.phoff);
  if (count === 0 || count > mostHeaders || entrySize < (wide ? 56 : 32)) return null;
  // Tools that rewrite executables may move the program headers to the end: then the whole file is looked through.
  if (start + count * entrySize > head.length)
    return { data: [{ start: 0, end: Number.MAX_SAFE_INTEGER }], segments: [], inline: true };
  const segments: Segment[] = [];
  const data: Stretch[] = [];
  for (let i = 0; i < count; i++) {
    const p = start + i * entrySize;
    if (read.u32(p) !== load) continue;
    const flags = read.u32(p + (wide ? 4 : 24));
    const offset = read.size(p + (wide ? 8 : 4));
    const segment = {
      start: offset,
      end: offset + read.size(p + (wide ? 32 : 16)),
      address: read.word(p + (wide ? 16 : 8)),
    };
    segments.push(segment);
    if ((flags & writable) !== 0 && (flags & executable) === 0) data.push(segment);
  }
  data.sort((a, b) => a.start - b.start);
  const sections = { start: read.size(at.shoff), size: read.u16(at.shentsize), count: read.u16(at.shnum) };
  return data.length === 0 ? null : { data, segments, inline: inlineBySections(sections) };

  /**
   * Go's own linker puts the section headers into the head of the file. Its section for build information is the first of a writable
   * segment; 32 bytes are two pointers (before Go 1.18), more is the text itself.
   */
  function inlineBySections(table: { start: number; size: number; count: number }): boolean {
    if (
      table.size < (wide ? 64 : 40) ||
      table.count > mostHeaders ||
      table.start + table.count * table.size > head.length
    )
      return false;
    for (let i = 0; i < table.count; i++) {
      const s = table.start + i * table.size;
      const offset = read.size(s + (wide ? 24 : 16));
      const alignment = read.size(s + (wide ? 48 : 32));
      const type = read.u32(s + 4);
      if (type === 1 && alignment === 16 && data.some((stretch) => stretch.start === offset))
        return read.size(s + (wide ? 32 : 20)) > 32;
    }
    return false;
  }
}
