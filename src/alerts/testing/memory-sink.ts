import { z } from 'zod';
import type { KvittoEvent } from '../../model/event.ts';
import type { Delivery, Sink } from '../sink.ts';

const settings = z.strictObject({
  to: z.string().optional(),
  tls: z.strictObject({ ca: z.string().optional() }).optional(),
});

/** A sink that keeps what it is given. */
export function memorySink(
  id: string,
  audience: Sink['audience'],
  take: (events: readonly KvittoEvent[]) => Delivery = (events) => ({ delivered: events.length, stopped: null }),
): Sink & { readonly taken: KvittoEvent[] } {
  const taken: KvittoEvent[] = [];
  return {
    ...{ id, audience, settings, summary: `the sink ${id} of a test`, mostAtOnce: 100, taken },
    async deliver(events) {
      const delivery = take(events);
      taken.push(...events.slice(0, delivery.delivered));
      return delivery;
    },
  };
}
