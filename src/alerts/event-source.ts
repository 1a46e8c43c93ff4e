import type { KvittoEvent } from '../model/event.ts';

/**
 * The events of an entry of the log, from a place on, in their order. Asked again it gives the same events with the same ids. `alerts/` is handed
 * one: `eventsOf` of `watch/events/`.
 */
export type EventSource = (entry: number, from: number) => AsyncIterable<KvittoEvent>;
