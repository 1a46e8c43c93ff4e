import type { OwnerRule } from '../../../alerts/config/config.ts';
import type { EventSource } from '../../../alerts/event-source.ts';
import { ownerOf } from '../../../alerts/rules/matching.ts';
import type { Ledger } from '../../../ledger/ledger.ts';
import { eventsOf } from '../../../watch/events/events.ts';

/** The events of the log, with who owns what changed: that stands in kvitto.yaml, and not in the log. */
export function eventSource(ledger: Ledger, owners: readonly OwnerRule[]): EventSource {
  return async function* (entry, from) {
    for await (const event of eventsOf(ledger, entry, from)) {
      if (event.type !== 'change') yield event;
      else yield { ...event, owner: ownerOf(owners, event.service, event.environment) };
    }
  };
}
