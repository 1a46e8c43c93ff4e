import type { KvittoEvent } from '../../model/event.ts';
import type { EncodingContext } from './context.ts';
import { type EncodingName, encodeLine } from './encode.ts';

const mostPartBytes = 8 * 1024 * 1024;

/** Events as lines with their ends, in parts that bound the memory where texts are huge: mostly one part, never cut within a line. */
export function* lineParts(
  events: readonly KvittoEvent[],
  encoding: EncodingName,
  context: EncodingContext,
  mostBytes = mostPartBytes,
): Generator<{ readonly count: number; readonly bytes: Buffer }> {
  let lines: Buffer[] = [];
  let size = 0;
  for (const event of events) {
    const line = Buffer.from(`${encodeLine(encoding, event, context)}\n`);
    if (lines.length > 0 && size + line.length > mostBytes) {
      yield { count: lines.length, bytes: Buffer.concat(lines) };
      lines = [];
      size = 0;
    }
    lines.push(line);
    size += line.length;
  }
  if (lines.length > 0) yield { count: lines.length, bytes: Buffer.concat(lines) };
}
