import type { ConfiguredSink } from '../../../alerts/config/config.ts';
import { cursorName, type Fence, readCursor } from '../../../alerts/relay/cursors.ts';
import { type RelayResult, relay } from '../../../alerts/relay/relay.ts';
import type { KvittoEvent } from '../../../model/event.ts';
import { eventSource } from './event-source.ts';
import { linkTo } from './links.ts';
import { lookAgainMs, type Office, whileHeld } from './office.ts';

const patienceMs = 5_000;
/** Without news, a sink is looked at this often: its cursor may have been set, and a dead letter be asked for again. */
const idleMs = 5_000;

/** Serves one sink for as long as this process holds its lease. */
export async function serveSink(office: Office, sink: ConfiguredSink): Promise<void> {
  const { signal, news } = office;
  const name = cursorName(sink.name);
  let ready = false;
  const served = await whileHeld(office, name, async ({ claim }) => {
    const seen = news.count;
    const result = await deliver(office, sink, { fence: { job: name, claim }, afresh: ready, patienceMs });
    ready = false;
    switch (result.end) {
      case 'ended':
        return false;
      case 'lost':
        return (await office.leases.look(name))?.claim === claim;
      case 'drained':
        await news.wait(idleMs, seen, signal);
        return await isHeld(office, name, claim);
      case 'failing':
        ready = await waitForTurn(office, sink.name, result.waitMs);
        return await isHeld(office, name, claim);
    }
  });
  if (!served) await news.wait(lookAgainMs, news.count, signal);
}

/** How a sink is delivered to. */
interface Manner {
  /** Null: nobody else can. */
  readonly fence: Fence | null;
  /** Also where a former failure asked for a pause that is not over by the clock. */
  readonly afresh: boolean;
  /** Pauses up to so long are waited for. */
  readonly patienceMs: number;
}

/** Delivers what there is for a sink. */
export async function deliver(
  { ledger, config, tool, signal, journal }: Office,
  sink: ConfiguredSink,
  manner: Manner,
): Promise<RelayResult> {
  const source = eventSource(ledger, config.owners);
  const link = (event: KvittoEvent) => linkTo(config.watch.link, event);
  const now = ledger.parts.clock;
  const result = await relay(ledger, source, sink, { tool, now, signal, link, ...manner });
  const { delivered, dead, end, message } = result;
  const fields = { sink: sink.name, delivered, dead };
  if (end === 'failing' && message !== null) {
    const waitS = Math.round(result.waitMs / 100) / 10;
    journal.warn('sink', `${sink.name}: ${message}; again in ${waitS} s`, { ...fields, waitS });
  } else if (dead > 0) {
    journal.error('sink', `${sink.name}: ${dead} events were given up; kvitto alerts dead shows them`, fields);
  } else if (delivered > 0) {
    journal.info('sink', `${sink.name}: ${delivered} events delivered`, fields);
  }
  return result;
}

/** Waits until a pause is over, by a clock that only grows, or until somebody set the cursor. */
async function waitForTurn({ ledger, signal, news }: Office, sink: string, waitMs: number): Promise<boolean> {
  const end = performance.now() + waitMs;
  for (let left = waitMs; left > 0 && !signal.aborted; left = end - performance.now()) {
    // News do not help a receiver that is down.
    await news.wait(Math.min(left, idleMs), news.count, signal);
    if ((await readCursor(ledger.reader, sink))?.attempts === 0) return true;
  }
  return true;
}

async function isHeld({ leases }: Office, name: string, claim: number): Promise<boolean> {
  const row = await leases.look(name);
  return row?.claim === claim && row.owner === leases.owner;
}
