import type { Extractor } from './cataloger.ts';

/** Longer lines are dropped: nothing that is asked for is near it, and an attacker's single line of gigabytes must cost nothing. */
const mostLineChars = 65_536;

/**
 * An extractor that keeps the lines for which `keep` says true, each with a line feed behind it. Lines are handed over as
 * latin-1, one character per byte, without line feed and carriage return. Null where no line was kept.
 */
export function lineExtractor(keep: (line: string) => boolean): Extractor {
  const kept: Buffer[] = [];
  let lines = '';
  let partial = '';
  let skipping = false;
  const offer = (line: string): void => {
    const bare = line.endsWith('\r') ? line.slice(0, -1) : line;
    if (bare.length <= mostLineChars && keep(bare)) lines += `${bare}\n`;
  };
  /** As bytes: a text that was cut out of a chunk holds the whole chunk in memory. */
  const settle = (): void => {
    if (lines !== '') kept.push(Buffer.from(lines, 'latin1'));
    lines = '';
  };
  return {
    push(chunk) {
      const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length).toString('latin1');
      let from = 0;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
        if (!skipping) offer(partial + text.slice(from, end));
        partial = '';
        skipping = false;
        from = end + 1;
      }
      settle();
      if (skipping) return true;
      partial += text.slice(from);
      if (partial.length > mostLineChars) {
        partial = '';
        skipping = true;
      }
      return true;
    },
    end() {
      if (!skipping && partial !== '') offer(partial);
      settle();
      // Not the Buffer itself: a small one lies in a pool that it would keep in memory.
      return kept.length === 0 ? null : new Uint8Array(Buffer.concat(kept));
    },
  };
}

/** The lines that a `lineExtractor` kept. */
export function keptLines(bytes: Uint8Array): string[] {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  return text.endsWith('\n') ? text.slice(0, -1).split('\n') : text.split('\n');
}
