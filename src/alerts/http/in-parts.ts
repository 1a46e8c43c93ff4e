import type { Delivery } from '../sink.ts';

/**
 * Delivers items in parts of at most so many bytes, one after the other: a batch of a few hundred events may have tens of megabytes. An item that is larger
 * by itself is a part.
 */
export async function inParts<T>(
  items: readonly T[],
  sizeOf: (item: T) => number,
  mostBytes: number,
  deliver: (part: readonly T[]) => Promise<Delivery>,
): Promise<Delivery> {
  let delivered = 0;
  while (delivered < items.length) {
    let end = delivered;
    let sizeBytes = 0;
    for (const item of items.slice(delivered)) {
      sizeBytes += sizeOf(item);
      if (sizeBytes > mostBytes && end > delivered) break;
      end += 1;
    }
    const part = await deliver(items.slice(delivered, end));
    if (part.stopped !== null) return { delivered: delivered + part.delivered, stopped: part.stopped };
    delivered = end;
  }
  return { delivered, stopped: null };
}
