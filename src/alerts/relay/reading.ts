import type { Ledger } from '../../ledger/ledger.ts';
import type { EventType, KvittoEvent } from '../../model/event.ts';
import type { ConfiguredSink } from '../config/config.ts';
import type { EventSource } from '../event-source.ts';
import type { Place } from './place.ts';
import { wantedEntries } from './wanted-entries.ts';

/** As JSON in UTF-16 units, together: bounds what a batch holds, whatever its events are. One event is always taken. */
const mostChars = 4 * 1024 * 1024;

/** Stretches of the log without anything for the sink, after which the caller may note how far it has come. */
const mostEmptyStretches = 40;

/** Events that are delivered together. */
export interface Batch {
  readonly events: readonly KvittoEvent[];
  /** Where the reader stands behind them, and behind what follows and is not for this sink. */
  readonly after: Place;
  /** There is nothing more in the log as it was when the batch was read. */
  readonly isLast: boolean;
}

/** What flows to a sink: what it takes by itself, and the alerts that name it. */
export function isFor({ name, events }: Pick<ConfiguredSink, 'name' | 'events'>, event: KvittoEvent): boolean {
  return events.has(event.type) || (event.type === 'alert' && event.send.includes(name));
}

/** Reads what is for a sink, batch after batch. Holds one batch, and what the source holds of one entry. */
export class Reading {
  readonly #ledger: Ledger;
  readonly #source: EventSource;
  readonly #sink: ConfiguredSink;
  readonly #types: ReadonlySet<EventType>;
  /** Where the next look into the outbox begins. */
  #next: number;
  /** Place in the first entry. */
  #from: Place;
  #entries: readonly number[] = [];
  #open: { readonly entry: number; readonly events: AsyncIterator<KvittoEvent> } | null = null;
  /** Read, and too large for the batch before. */
  #carried: KvittoEvent | null = null;

  constructor(ledger: Ledger, source: EventSource, sink: ConfiguredSink, from: Place) {
    this.#ledger = ledger;
    this.#source = source;
    this.#sink = sink;
    // An alert may name any sink.
    this.#types = new Set([...sink.events, 'alert']);
    this.#next = from.entry;
    this.#from = from;
  }

  async batch(): Promise<Batch> {
    const { mostAtOnce } = this.#sink.sink;
    const { size } = await this.#ledger.state();
    const events: KvittoEvent[] = [];
    let chars = 0;
    let empty = 0;
    while (events.length < mostAtOnce) {
      const event = this.#carried ?? (await this.#nextOfEntry());
      this.#carried = null;
      if (event === null) {
        if (this.#entries.length > 0) continue;
        // What is there goes out before the log is searched for more.
        if (events.length > 0 && this.#next < size) break;
        if (this.#next >= size || empty >= mostEmptyStretches) break;
        const { entries, upTo } = await wantedEntries(this.#ledger, this.#types, this.#next, size);
        this.#entries = entries;
        this.#next = upTo;
        empty = entries.length === 0 ? empty + 1 : 0;
        continue;
      }
      const length = JSON.stringify(event).length;
      if (events.length > 0 && chars + length > mostChars) {
        this.#carried = event;
        break;
      }
      chars += length;
      events.push(event);
    }
    const after = this.#place(events.at(-1));
    const isLast = this.#open === null && this.#carried === null && after.entry >= size;
    return { events, after, isLast };
  }

  async close(): Promise<void> {
    await this.#open?.events.return?.();
    this.#open = null;
  }

  /** The next event of the entry that is open that the sink takes; null: none is left, and it was closed. */
  async #nextOfEntry(): Promise<KvittoEvent | null> {
    if (this.#open === null) {
      const [entry, ...rest] = this.#entries;
      if (entry === undefined) return null;
      const from = entry === this.#from.entry ? this.#from.place : 0;
      this.#open = { entry, events: this.#source(entry, from)[Symbol.asyncIterator]() };
      this.#entries = rest;
    }
    for (;;) {
      const { done, value } = await this.#open.events.next();
      if (done === true) {
        this.#open = null;
        return null;
      }
      if (isFor(this.#sink, value)) return value;
    }
  }

  /** Behind the last event of a batch; further on where all that follows was looked at. */
  #place(last: KvittoEvent | undefined): Place {
    if (this.#open === null && this.#carried === null) return { entry: this.#entries[0] ?? this.#next, place: 0 };
    if (last !== undefined) return { entry: last.entry, place: last.place + 1 };
    return this.#from;
  }
}
