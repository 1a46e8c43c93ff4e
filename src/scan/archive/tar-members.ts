import { type Report, TarEntries, type TarEntry } from '../layers/tar-entries.ts';
import { blockBytes, decodeHeader } from '../layers/tar-header.ts';
import type { Limits } from '../limits.ts';
import type { Cursor } from './cursor.ts';

/** Most members of an image archive; real ones have four for each layer. */
const mostMembers = 100_000;

/** A member of an outer archive, while the cursor stands at its content. */
export interface Member {
  readonly entry: TarEntry;
  /** Where its content starts in the archive. */
  readonly start: number;
  /** Its content; may be left unread, or be read in part. Gives fewer bytes where the archive is cut short. */
  bytes(): AsyncGenerator<Uint8Array>;
}

/**
 * The members of an image archive one after the other, in the pace of the reader. A layer's own tar goes through `TarReader`
 * instead, which is faster for many small entries. Bad input goes to `report` and ends the sequence.
 */
export async function* tarMembers(cursor: Cursor, limits: Limits, report: Report): AsyncGenerator<Member> {
  const entries = new TarEntries(limits, report);
  let zeros = 0;
  for (let count = 0; ; ) {
    const before = cursor.at;
    const block = await cursor.read(blockBytes);
    if (block === null) {
      if (cursor.at !== before) report('truncated', '', 'The archive is cut short in the middle of a header.');
      return;
    }
    const raw = decodeHeader(block, 0);
    if (raw === 'zero') {
      if (++zeros === 2) return;
      continue;
    }
    if (raw === 'checksum' || zeros > 0) {
      report('malformed', '', 'The archive has a damaged header; what comes after it was not read.');
      return;
    }
    if (++count > mostMembers) {
      report('limit-exceeded', '', `The archive has more than ${mostMembers} members; the rest was not read.`);
      return;
    }
    const meaning = entries.header(raw);
    if (meaning === 'stop') return;
    let more = raw.sparseContinues;
    while (more) {
      const map = await cursor.read(blockBytes);
      more = map !== null && map[504] === 1;
    }
    let left = entries.contentBytes;
    const padding = (blockBytes - (left % blockBytes)) % blockBytes;
    if (meaning === 'meta') {
      const content = await cursor.read(left);
      if (content === null) {
        report('truncated', '', 'The archive is cut short in the middle of a header.');
        return;
      }
      entries.meta(content);
      left = 0;
    } else if (meaning !== 'skip') {
      yield {
        entry: meaning,
        start: cursor.at,
        async *bytes() {
          while (left > 0) {
            const part = await cursor.some(left);
            if (part.length === 0) return;
            left -= part.length;
            yield part;
          }
        },
      };
    }
    if (!(await cursor.skip(left + padding)) && left > 0) {
      const name = typeof meaning === 'object' ? meaning.path : '';
      report('truncated', name, 'The archive is cut short here; what comes after is missing.');
      return;
    }
  }
}
