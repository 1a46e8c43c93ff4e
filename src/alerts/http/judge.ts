import type { Delivery } from '../sink.ts';
import type { Answer, Line, Trouble } from './post.ts';

export type Stopped = NonNullable<Delivery['stopped']>;

/** Too large, and understood but not accepted: what a receiver says of one event alone. */
export const aboutOneEvent: ReadonlySet<number> = new Set([413, 422]);

/**
 * What an answer to a request means: null where the receiver confirmed it (2xx). `refused`: the statuses by which this receiver says that it will
 * never take what was sent; all others may be the configuration's fault or the hour's, and are `later`.
 */
export function stoppedBy(
  answer: Answer | Trouble,
  line: Pick<Line, 'place' | 'quote'>,
  refused: ReadonlySet<number> = aboutOneEvent,
): Stopped | null {
  if (answer.kind === 'trouble') return { why: 'later', message: answer.message, afterMs: null };
  const { status, afterMs } = answer;
  if (status >= 200 && status < 300) return null;
  const message = `${line.place} answered ${status}${meaning(status)}${quoted(answer, line)}`;
  return refused.has(status) ? { why: 'refused', message } : { why: 'later', message, afterMs };
}

function quoted({ text }: Answer, line: Pick<Line, 'quote'>): string {
  const words = line.quote(text ?? '');
  return words === '' ? '' : `: ${words}`;
}

function meaning(status: number): string {
  if (status >= 300 && status < 400) return ' (a redirect, which is not followed: write the address that it leads to)';
  return meanings[status] ?? '';
}

const meanings: Readonly<Record<number, string>> = {
  401: ' (not signed in: check the secret)',
  403: ' (not allowed: check the secret and what it may do)',
  404: ' (nothing there: check the address)',
  405: ' (not for this method: check the address)',
  407: ' (the proxy asks for a login)',
  408: ' (too slow for it)',
  410: ' (gone for good: check the address, or take the sink out)',
  413: ' (too large)',
  415: ' (not this kind of content: check the address)',
  422: ' (understood, not accepted)',
  425: ' (too early)',
  429: ' (too many requests)',
  503: ' (not available now)',
};

/** Where nothing of a batch was delivered for a reason that has nothing to do with its events. */
export function later(message: string, afterMs: number | null = null): Stopped {
  return { why: 'later', message, afterMs };
}
