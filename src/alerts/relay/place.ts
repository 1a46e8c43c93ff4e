import type { KvittoEvent } from '../../model/event.ts';

/** Where a reader of the outbox stands: the next event that it has not dealt with. */
export interface Place {
  readonly entry: number;
  readonly place: number;
}

/** The place behind an event. */
export function behind({ entry, place }: KvittoEvent): Place {
  return { entry, place: place + 1 };
}

export function isSamePlace(a: Place, b: Place): boolean {
  return a.entry === b.entry && a.place === b.place;
}
