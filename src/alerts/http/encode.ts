import { z } from 'zod';
import type { KvittoEvent } from '../../model/event.ts';

/** The forms in which an event can leave. */
export const eventFormat = z.enum(['json']);

export type EventFormat = z.output<typeof eventFormat>;

/** An event as one JSON text. */
export function encodeEvent(event: KvittoEvent, _format: EventFormat): string {
  return JSON.stringify(event);
}
