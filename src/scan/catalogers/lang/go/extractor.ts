import type { Extractor } from '../../../cataloger.ts';
import { type BuildInfo, BuildInfoScan } from './build-info-scan.ts';
import { readLayout } from './layout.ts';

/** All headers of an executable, and what Go marks its binaries with, lie within this. */
const headBytes = 64 << 10;

/** What the linker writes at the begin of the code, and the name of its ELF note. */
const marks = ['\xff Go build ID: "', '\x04\0\0\0Go\0\0', '\0\0\0\x04Go\0\0'].map((mark) =>
  Buffer.from(mark, 'latin1'),
);

/** What is kept of an executable: its build information, or that it is one of Go without any. */
export type Kept = BuildInfo | { readonly missing: true };

/**
 * Takes an executable as it streams by and keeps its Go build information. What is not an ELF, PE or Mach-O file is let go at its first bytes;
 * of other executables the headers are read, and only their writable data is looked through, which is little.
 */
export function goExtractor(): Extractor {
  let head = Buffer.alloc(0);
  let headAt = 0;
  let next = 0;
  let isGo = false;
  let scan: BuildInfoScan | null = null;
  let over = false;

  /** Reads the headers; true when more bytes are needed. */
  function begin(whole: boolean): boolean {
    const recognised = readLayout(head, whole || head.length >= headBytes);
    if (recognised === 'more') return true;
    if (recognised === null) return false;
    if ('slice' in recognised) {
      // Only one level: a universal binary inside a universal binary is not one.
      if (headAt !== 0) return false;
      headAt = recognised.slice;
      const rest = next - headAt > 0 ? head.subarray(headAt) : Buffer.alloc(0);
      head = Buffer.from(rest);
      return next >= headAt ? begin(whole) : true;
    }
    isGo = marks.some((mark) => head.includes(mark));
    scan = new BuildInfoScan(recognised.layout, isGo);
    const more = scan.push(head, 0);
    head = Buffer.alloc(0);
    return more;
  }

  return {
    push(chunk) {
      if (over) return false;
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
      const at = next;
      next += bytes.length;
      if (scan !== null) over = !scan.push(bytes, at - headAt);
      else if (next > headAt) {
        // A chunk may reach beyond the head: the scan takes all of it at once.
        head = Buffer.concat([head, bytes.subarray(Math.max(0, headAt - at))]);
        over = !begin(false);
      }
      return !over;
    },
    end() {
      if (!over && scan === null) begin(true);
      const found: Kept | null = scan?.found ?? (isGo ? { missing: true } : null);
      return found === null ? null : Buffer.from(JSON.stringify(found));
    },
  };
}
