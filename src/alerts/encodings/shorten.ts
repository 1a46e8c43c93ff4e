import type { KvittoEvent } from '../../model/event.ts';

interface Shortening {
  /** Most UTF-16 units of a text, and most elements of a list. */
  readonly text: number;
  readonly list: number;
}

/** From gentle to rough. */
export const shortenings: readonly Shortening[] = [
  { text: 2_000, list: 100 },
  { text: 500, list: 25 },
  { text: 250, list: 5 },
  { text: 120, list: 1 },
  { text: 60, list: 0 },
  { text: 20, list: 0 },
];

/** Digests, ids, times and ordinary names stay whole. */
const plain = /^[\w:.-]{0,80}$/;

/** The event with its texts and lists cut to so much; a text that was cut ends in `…`. Its shape stays. */
export function shortened(event: KvittoEvent, by: Shortening): KvittoEvent {
  return cut(event, by) as KvittoEvent;
}

function cut(value: unknown, by: Shortening): unknown {
  if (typeof value === 'string') return plain.test(value) ? value : cutText(value, by.text);
  if (Array.isArray(value)) return value.slice(0, by.list).map((each) => cut(each, by));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, cut(each, by)]));
}

/** At most so many UTF-16 units, never half of a pair. */
export function cutText(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = most - 1;
  const half = (text.charCodeAt(end - 1) & 0xfc00) === 0xd800;
  return `${text.slice(0, half ? end - 1 : end)}…`;
}
