import { binaryReader } from './binary-reader.ts';
import type { Layout, Segment, Stretch } from './layout.ts';

const mostSections = 96;
/** IMAGE_SCN_CNT_INITIALIZED_DATA, IMAGE_SCN_MEM_READ and IMAGE_SCN_MEM_WRITE. */
const writableData = 0xc0000040;

/** PE32 and PE32+ ("PE Format", Microsoft). Null where it is not one or has no writable data. */
export function peLayout(head: Buffer): Layout | null {
  const read = binaryReader(head, false, 8);
  const pe = read.u32(0x3c);
  if (pe > head.length - 24 || read.u32(pe) !== 0x00004550) return null;
  const count = read.u16(pe + 6);
  const optional = pe + 24;
  const magic = read.u16(optional);
  if (count > mostSections || (magic !== 0x10b && magic !== 0x20b)) return null;
  const imageBase = magic === 0x20b ? read.word(optional + 24) : BigInt(read.u32(optional + 28));
  const sections = optional + read.u16(pe + 20);
  const segments: Segment[] = [];
  const data: Stretch[] = [];
  for (let i = 0; i < count; i++) {
    const s = sections + i * 40;
    const start = read.u32(s + 20);
    const segment = { start, end: start + read.u32(s + 16), address: imageBase + BigInt(read.u32(s + 12)) };
    segments.push(segment);
    if ((read.u32(s + 36) & writableData) >>> 0 === writableData && segment.end > start) data.push(segment);
  }
  data.sort((a, b) => a.start - b.start);
  return data.length === 0 ? null : { data, segments, inline: false };
}
