import { hash } from 'node:crypto';
import type { KvittoEvent } from '../../model/event.ts';

/**
 * What names a thread to others, in 32 hexadecimal digits: the same for the same thread of the same log. The log's name is in it (an event's id begins with it), so that
 * two ledgers that write to one place do not take each other's threads for theirs. An event without a thread is one by itself.
 */
export function threadKey(event: KvittoEvent): string {
  const thread = event.type === 'alert' ? event.thread : `event ${event.id}`;
  return hash('sha256', `kvitto-thread\0${event.id.split('-')[0]}\0${thread}`).slice(0, 32);
}
