import type { FileHandle } from 'node:fs/promises';

const blockBytes = 64 * 1024;
const newline = 0x0a;
const brace = 0x7b;

/** How long a torn line can be: longer than the longest event by far. */
const longestTornBytes = 256 * 1024 * 1024;

/**
 * Where the last whole line of a file ends. Null where what stands behind it cannot be the beginning of one of our lines (they begin with `{`): that is
 * somebody else's, and not to be cut off.
 */
export async function wholeEnd(handle: FileHandle, size: number): Promise<number | null> {
  if (size === 0) return 0;
  const block = Buffer.alloc(Math.min(blockBytes, size));
  for (let end = size; end > 0 && size - end <= longestTornBytes; ) {
    const length = Math.min(block.length, end);
    const { bytesRead } = await handle.read(block, 0, length, end - length);
    if (bytesRead < length) return null;
    const at = block.subarray(0, length).lastIndexOf(newline);
    if (at !== -1) return isOurs(handle, end - length + at + 1, size);
    end -= length;
  }
  return isOurs(handle, 0, size);
}

async function isOurs(handle: FileHandle, start: number, size: number): Promise<number | null> {
  if (start === size) return start;
  const first = Buffer.alloc(1);
  await handle.read(first, 0, 1, start);
  return first[0] === brace ? start : null;
}
