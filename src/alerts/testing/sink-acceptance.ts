import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { inspect } from 'node:util';
import type { KvittoEvent } from '../../model/event.ts';
import type { Delivery, Sink, SinkContext } from '../sink.ts';
import { badReceivers, closedPort, doubtful, silent, startBadReceiver } from './bad-receivers.ts';
import { sampleEvents } from './sample-events.ts';

/** A receiver that does what it should. */
export interface StageReceiver {
  readonly port: number;
  /** Ids of the events that it took, in their order, each as often as it came. */
  ids(): string[] | Promise<string[]>;
  stop(): Promise<void>;
}

/** What the suite needs to know of a sink. */
export interface SinkStage {
  /** As they stand in kvitto.yaml, without `type`, for a receiver on 127.0.0.1. A sink without a network gets port 0. */
  settings(port: number): Readonly<Record<string, unknown>>;
  /** Environment variables that the settings name, and the secrets in them. Set while the suite runs. */
  readonly secrets: Readonly<Record<string, string>>;
  /** A receiver that takes so many events and then fails as one does that is down. */
  receive(most: number): Promise<StageReceiver>;
  /** What is delivered; `sampleEvents()` where it is not said. At least four. */
  readonly events?: readonly KvittoEvent[];
  /** False for a file or stream: then there are no bad receivers. */
  readonly network?: boolean;
}

const sinksFolder = join(import.meta.dirname, '..', 'sinks');

/** A context of tests: real time, links to an example, a memory that lasts as long as it. */
export function sinkContext(signal: AbortSignal = new AbortController().signal): SinkContext {
  const kept = new Map<string, string>();
  return {
    name: 'here',
    tool: 'kvitto/0.0.0',
    now: () => new Date(),
    signal,
    link: ({ id }) => `https://kvitto.example/events/${id}`,
    memory: {
      get: async (thread) => kept.get(thread) ?? null,
      set: async (thread, value) => {
        if (value === null) kept.delete(thread);
        else kept.set(thread, value);
      },
    },
  };
}

/**
 * The rules that every sink keeps, as tests of node:test: its id is its folder, its settings are strict, what is secret is in no
 * message, an order to stop is followed, and it says of no event that it was delivered which was not. Call it at the top level of
 * the sink's test file.
 */
export function acceptSink<C>(sink: Sink<C>, stage: SinkStage): void {
  const events = stage.events ?? sampleEvents();
  const deliver = (port: number, some: readonly KvittoEvent[] = events, context = sinkContext()): Promise<Delivery> =>
    sink.deliver(some, sink.settings.parse(stage.settings(port)), context);

  describe(`${sink.id} keeps the rules of sinks`, () => {
    before(() => Object.assign(process.env, stage.secrets));
    after(() => {
      for (const name of Object.keys(stage.secrets)) delete process.env[name];
    });

    it('has an id that is its folder, a line about itself, and a limit', () => {
      assert.match(sink.id, /^[a-z][a-z0-9-]*$/);
      assert.ok(existsSync(join(sinksFolder, sink.id, 'index.ts')), `${sink.id} is not its folder`);
      assert.match(sink.summary, /^[^\n]{10,120}$/);
      assert.ok(Number.isSafeInteger(sink.mostAtOnce) && sink.mostAtOnce >= 1);
      assert.ok(events.length >= 4 && new Set(events.map(({ id }) => id)).size === events.length);
    });

    it('takes its settings and no others', () => {
      assert.equal(sink.settings.safeParse(stage.settings(1)).success, true);
      const more = sink.settings.safeParse({ ...stage.settings(1), bogus: 1 });
      assert.equal(more.success, false);
      assert.match(more.error?.message ?? '', /bogus/);
      for (const wrong of [null, 1, 'text', [], true, undefined]) {
        assert.equal(sink.settings.safeParse(wrong).success, false, inspect(wrong));
      }
    });

    it('shows no secret with its settings', () => {
      const settings = sink.settings.parse(stage.settings(1));
      const shown = `${inspect(settings, { depth: 10, showHidden: true })}${JSON.stringify(settings)}`;
      assertHidden(stage, shown);
    });

    it('delivers nothing where there is nothing', async () => {
      const port = stage.network === false ? 0 : await closedPort();
      assert.deepEqual(await deliver(port, []), { delivered: 0, stopped: null });
    });

    it('delivers all, in their order', async () => {
      const receiver = await stage.receive(Number.POSITIVE_INFINITY);
      try {
        assert.deepEqual(await deliver(receiver.port), { delivered: events.length, stopped: null });
        assert.deepEqual(
          await receiver.ids(),
          events.map(({ id }) => id),
        );
      } finally {
        await receiver.stop();
      }
    });

    it('says of none that it was delivered that the receiver did not take', async () => {
      const most = Math.floor(events.length / 2);
      const receiver = await stage.receive(most);
      try {
        const delivery = await deliver(receiver.port);
        const taken = await receiver.ids();
        assertLater(delivery);
        assert.ok(delivery.delivered <= taken.length, `${delivery.delivered} of ${taken.length}`);
        const ids = events.map(({ id }) => id);
        assert.deepEqual(taken.slice(0, delivery.delivered), ids.slice(0, delivery.delivered));
        assertHidden(stage, delivery.stopped?.message ?? '');
      } finally {
        await receiver.stop();
      }
    });

    it('says which variable is missing, and that it is no end', async (t) => {
      const [name] = Object.keys(stage.secrets);
      if (name === undefined) return t.skip('a sink without secrets');
      const receiver = await stage.receive(Number.POSITIVE_INFINITY);
      delete process.env[name];
      try {
        const delivery = await deliver(receiver.port);
        assert.equal(delivery.delivered, 0);
        assertLater(delivery);
        assert.ok(delivery.stopped?.message.includes(name), delivery.stopped?.message);
      } finally {
        process.env[name] = stage.secrets[name];
        await receiver.stop();
      }
    });

    if (stage.network === false) return;

    it('comes again later where nobody listens', async () => {
      const delivery = await deliver(await closedPort());
      assert.equal(delivery.delivered, 0);
      assertLater(delivery);
      assertHidden(stage, delivery.stopped?.message ?? '');
    });

    for (const [what, answer] of Object.entries(badReceivers)) {
      it(`comes again later where the receiver ${what}`, async () => {
        const receiver = await startBadReceiver(answer);
        try {
          const delivery = await deliver(receiver.port);
          assert.equal(delivery.delivered, 0);
          assertLater(delivery);
          assertHidden(stage, delivery.stopped?.message ?? '');
        } finally {
          await receiver.stop();
        }
      });
    }

    for (const [what, answer] of Object.entries(doubtful)) {
      it(`ends, and tells no secret, where the receiver ${what}`, async () => {
        const receiver = await startBadReceiver(answer);
        try {
          const some = events.slice(0, 4);
          const delivery = await deliver(receiver.port, some);
          assert.ok(delivery.delivered >= 0 && delivery.delivered <= some.length);
          assert.equal(delivery.stopped === null, delivery.delivered === some.length, inspect(delivery));
          assertHidden(stage, delivery.stopped?.message ?? '');
        } finally {
          await receiver.stop();
        }
      });
    }

    it('stops when it is told to, with a receiver that never answers', async () => {
      const receiver = await startBadReceiver(silent);
      const stop = new AbortController();
      try {
        const running = deliver(receiver.port, events, sinkContext(stop.signal));
        setTimeout(() => stop.abort(), 100);
        const delivery = await inTime(running, 100 + mostStopMs);
        assert.equal(delivery.delivered, 0);
        assertLater(delivery);
      } finally {
        await receiver.stop();
      }
    });

    it('does not begin where it was told to stop before', async () => {
      const receiver = await stage.receive(Number.POSITIVE_INFINITY);
      try {
        const delivery = await inTime(deliver(receiver.port, events, sinkContext(AbortSignal.abort())), mostStopMs);
        assert.equal(delivery.delivered, 0);
        assertLater(delivery);
        assert.deepEqual(await receiver.ids(), []);
      } finally {
        await receiver.stop();
      }
    });
  });
}

const mostStopMs = 1_000;

async function inTime<T>(running: Promise<T>, mostMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`still at work ${mostMs} ms later`)), mostMs);
  });
  try {
    return await Promise.race([running, late]);
  } finally {
    clearTimeout(timer);
  }
}

function assertLater({ stopped }: Delivery): void {
  assert.equal(stopped?.why, 'later', inspect(stopped));
  assert.match(stopped.message, /^[^\n]{5,600}$/);
  if (stopped.why === 'later') assert.ok(stopped.afterMs === null || stopped.afterMs >= 0);
}

/** No secret stands in it, nor one in another writing. */
function assertHidden(stage: SinkStage, text: string): void {
  for (const [name, secret] of Object.entries(stage.secrets)) {
    const bytes = Buffer.from(secret);
    for (const form of [secret, encodeURIComponent(secret), bytes.toString('base64'), bytes.toString('base64url')]) {
      assert.ok(!text.includes(form), `the secret of ${name} is shown: ${text}`);
    }
  }
}
