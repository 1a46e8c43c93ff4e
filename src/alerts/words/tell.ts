import type { KvittoEvent } from '../../model/event.ts';
import type { SinkContext } from '../sink.ts';
import { fallbackWords, wordsOf } from './event-words.ts';
import type { Words } from './words.ts';

/**
 * An event, rendered. What cannot be rendered is told in plain words that name the event's id: one event that nobody thought of does not stop all that come after
 * it.
 */
export function tell<T>(event: KvittoEvent, link: SinkContext['link'], render: (words: Words) => T): T {
  try {
    return render(wordsOf(event, link(event)));
  } catch {
    return render(fallbackWords(event));
  }
}
