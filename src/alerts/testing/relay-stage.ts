import { hash } from 'node:crypto';
import type { Fact } from '../../ledger/fact.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { EventType, KvittoEvent } from '../../model/event.ts';
import type { ConfiguredSink } from '../config/config.ts';
import type { EventSource } from '../event-source.ts';
import type { RelayOptions } from '../relay/relay.ts';
import type { Delivery, Sink, SinkContext } from '../sink.ts';
import { memorySink } from './memory-sink.ts';

/** Something happened to the ledger: an entry that touches no other table. */
export function stamped(number: number): Fact {
  const evidence = `sha256:${hash('sha256', `${number}`, 'hex')}` as const;
  return { kind: 'checkpoint-stamped', size: number + 1, root: '', by: 'cosignature', evidence };
}

/** A deployment that began, without marks. */
export function started(number: number): Fact {
  const artifact = `sha256:${hash('sha256', 'shop', 'hex')}` as const;
  const none = { image: null, until: null, change: null, run: null, text: null };
  const from = new Date(Date.UTC(2026, 0, 1)).toISOString();
  return {
    kind: 'deployment-started',
    service: `s${number}`,
    environment: 'prod',
    artifact,
    from,
    replaces: [],
    marks: [],
    ...none,
  };
}

/** An event of an entry. */
export function eventAt(entry: number, place: number, more: Partial<KvittoEvent> = {}): KvittoEvent {
  const at = new Date(Date.UTC(2026, 0, 1)).toISOString();
  const base = { type: 'ledger', action: 'checkpoint-stamped', message: 'stamped', service: null, environment: null };
  return { ...base, id: `test-${entry}-${place}`, at, entry, place, actor: 'test', ...more } as KvittoEvent;
}

/** A source of so many events for each entry. It keeps the entries that it was asked for. */
export function sourceOf(count: (entry: number) => number, make = eventAt): EventSource & { readonly asked: number[] } {
  const asked: number[] = [];
  const source = async function* (entry: number, from: number) {
    asked.push(entry);
    for (let place = from; place < count(entry); place++) yield make(entry, place);
  };
  return Object.assign(source, { asked });
}

/** Records entries, several in each transaction. */
export async function recordFacts(ledger: Ledger, facts: readonly Fact[]): Promise<void> {
  for (let at = 0; at < facts.length; at += 500) await ledger.append('test', async () => facts.slice(at, at + 500));
}

type Deliver = (events: readonly KvittoEvent[], context: SinkContext) => Promise<Delivery> | Delivery;

/** A sink that takes what the function says. */
export function sinkThat(
  deliver: Deliver,
  more: Partial<Omit<ConfiguredSink, 'sink'>> & Partial<Sink> = {},
): ConfiguredSink {
  const { name = 'central', events = new Set<EventType>(['ledger']), keepTryingMs = 7 * 86_400_000, ...sink } = more;
  return {
    ...{ name, events, keepTryingMs, settings: {} },
    sink: { ...memorySink('test', 'machines'), deliver: async (e, _, context) => await deliver(e, context), ...sink },
  };
}

export const all = (events: readonly KvittoEvent[]): Delivery => ({ delivered: events.length, stopped: null });
export const later = (delivered: number, message = 'down', afterMs: number | null = null): Delivery => ({
  delivered,
  stopped: { why: 'later', message, afterMs },
});
export const refused = (delivered: number, message = 'never'): Delivery => ({
  delivered,
  stopped: { why: 'refused', message },
});

/** Options of a relay that waits for nothing. */
export function options(more: Partial<RelayOptions> = {}): RelayOptions {
  return {
    tool: 'kvitto/0.0.0',
    now: () => new Date(),
    signal: new AbortController().signal,
    link: () => null,
    fence: null,
    patienceMs: 0,
    afresh: true,
    random: () => 0,
    ...more,
  };
}
