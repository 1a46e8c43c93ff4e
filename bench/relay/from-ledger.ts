// The whole way: entries of a ledger → events → sink → receiver, confirmed, cursor moved.
import { parseAlertConfig } from '../../src/alerts/config/parse-config.ts';
import { setCursor } from '../../src/alerts/relay/cursors.ts';
import { relay } from '../../src/alerts/relay/relay.ts';
import { allSinks } from '../../src/alerts/sinks/all.ts';
import { recordFacts, started } from '../../src/alerts/testing/relay-stage.ts';
import type { KvittoEvent } from '../../src/model/event.ts';
import { eventsOf } from '../../src/watch/events/events.ts';
import { dayOf, type SmallLedger, smallLedger } from '../../src/watch/testing/small-ledger.ts';
import { below, scanAt, store } from '../../test/ledger/watch-stage.ts';

const services = 50;
const components = 40;
const each = 4;
const deployments = 4_000;

export interface RelayLedger {
  readonly small: SmallLedger;
  /** The entry from which on all is told. */
  readonly from: number;
}

/** A ledger with a pass of 8,000 changes and 4,000 deployments of an entry each. */
export async function relayLedger(): Promise<RelayLedger> {
  const small = await smallLedger();
  const names = Array.from({ length: components }, (_, n) => `c${n}`);
  await small.record(
    'one',
    names.map((name) => `pkg:npm/${name}@1.0.0`),
    store(0, { npm: {} }),
  );
  for (let n = 0; n < services; n++) await small.deploy(`s${n}`, 'one');
  const { size } = await small.ledger.state();
  const records = Array.from({ length: each }, (_, n) => below(`CVE-2026-${1000 + n}`, '2.0.0'));
  await scanAt(small, 1, store(1, { npm: Object.fromEntries(names.map((name) => [name, records])) }));
  await recordFacts(
    small.ledger,
    Array.from({ length: deployments }, (_, n) => started(n)),
  );
  await small.ledger.publish();
  small.now = dayOf(2);
  return { small, from: size };
}

/** All that it tells of changes and deployments. */
export async function eventsIn({ small, from }: RelayLedger): Promise<KvittoEvent[]> {
  const events: KvittoEvent[] = [];
  const { size } = await small.ledger.state();
  for (let entry = from; entry < size; entry++) {
    for await (const event of eventsOf(small.ledger, entry)) {
      if (event.type === 'change' || event.type === 'deployment') events.push(event);
    }
  }
  return events;
}

/** Relays all of it to one sink of a configuration: events, and seconds. */
export async function relayAll(
  { small, from }: RelayLedger,
  settings: string,
): Promise<{ readonly events: number; readonly seconds: number }> {
  const text = `version: 1\nsinks:\n  central: { events: [change, deployment], ${settings} }\nalerts: []\n`;
  const [sink] = parseAlertConfig(text, 'kvitto.yaml', allSinks).sinks;
  if (sink === undefined) throw new Error('no sink');
  await setCursor(small.ledger, sink.name, from, small.now);
  const began = performance.now();
  const { end, delivered, message } = await relay(
    small.ledger,
    (entry, at) => eventsOf(small.ledger, entry, at),
    sink,
    {
      tool: 'kvitto/0.0.0',
      now: () => new Date(small.now),
      signal: AbortSignal.timeout(120_000),
      link: () => null,
      fence: null,
      patienceMs: 0,
    },
  );
  if (end !== 'drained') throw new Error(`${end}: ${message}`);
  return { events: delivered, seconds: (performance.now() - began) / 1_000 };
}
