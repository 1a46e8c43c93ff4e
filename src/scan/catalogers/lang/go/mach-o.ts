import { binaryReader } from './binary-reader.ts';
import type { Layout, Segment, Stretch } from './layout.ts';

const mostCommands = 1024;
const mostSections = 256;

/** Mach-O of both word sizes and byte orders (`mach-o/loader.h`). Null where it has no segment with data. */
export function machOLayout(head: Buffer): Layout | null {
  const magic = head.readUInt32BE(0);
  const bigEndian = magic === 0xfeedface || magic === 0xfeedfacf;
  const wide = magic === 0xfeedfacf || magic === 0xcffaedfe;
  const read = binaryReader(head, bigEndian, wide ? 8 : 4);
  const count = Math.min(read.u32(16), mostCommands);
  const segments: Segment[] = [];
  const data: Stretch[] = [];
  let section: Stretch | null = null;
  for (let i = 0, at = wide ? 32 : 28; i < count && at + 56 <= head.length; i++) {
    const size = read.u32(at + 4);
    if (size < 8) break;
    if (read.u32(at) === (wide ? 0x19 : 1)) {
      const start = read.size(at + (wide ? 40 : 32));
      const segment = { start, end: start + read.size(at + (wide ? 48 : 36)), address: read.word(at + 24) };
      segments.push(segment);
      if (text(at + 8).startsWith('__DATA')) data.push(segment);
      section ??= goSection(at);
    }
    at += size;
  }
  if (section !== null) return { data: [section], segments, inline: section.end - section.start > 32 };
  data.sort((a, b) => a.start - b.start);
  return data.length === 0 ? null : { data, segments, inline: false };

  function text(at: number): string {
    return head.toString('latin1', at, at + 16).replace(/\0.*$/s, '');
  }

  /** The section that Go makes for build information, of the segment command at `at`. */
  function goSection(at: number): Stretch | null {
    const sections = Math.min(read.u32(at + (wide ? 64 : 48)), mostSections);
    for (let i = 0; i < sections; i++) {
      const s = at + (wide ? 72 + i * 80 : 56 + i * 68);
      if (text(s) !== '__go_buildinfo') continue;
      const start = read.u32(s + (wide ? 48 : 40));
      return { start, end: start + read.size(s + (wide ? 40 : 36)) };
    }
    return null;
  }
}

/**
 * Offset of the first architecture of a universal binary (`mach-o/fat.h`); all are built from the same modules. Null for
 * what only has the same first bytes, a Java class: its version number stands where the count of architectures would.
 */
export function fatSliceOffset(head: Buffer): number | null {
  const wide = head.readUInt32BE(0) === 0xcafebabf;
  const count = head.readUInt32BE(4);
  if (count === 0 || count > 20) return null;
  const read = binaryReader(head, true, 8);
  const offset = wide ? read.size(16) : read.u32(16);
  return offset >= 8 + count * (wide ? 32 : 20) ? offset : null;
}
