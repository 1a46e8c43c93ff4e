import type { KvittoEvent } from '../../model/event.ts';
import type { Delivery, Sink } from '../sink.ts';
import { type Got, type Reply, startHttpReceiver } from './http-receiver.ts';
import { type SinkStage, sinkContext } from './sink-acceptance.ts';

/** The variable that the address of a chat's webhook stands in. */
const addressVariable = 'KVITTO_TEST_CHAT';
const wholeVariable = 'KVITTO_TEST_CHAT_AT';
const path = '/services/T000/B000/secret-of-the-webhook';

/** The id of the event that a message is about: it stands at its end. */
export function eventIdOf(body: string): string {
  return [...body.matchAll(/Event [^0-9a-f]{0,8}([0-9a-f]{8}-\d+-\d+)/g)].at(-1)?.[1] ?? '';
}

/** What the acceptance of sinks needs of a chat, whose server answers with `taken`. The address is the secret. */
export function chatStage(taken: Reply): SinkStage {
  return {
    settings: (port) => {
      // The suite knows no port, and takes its variable away to see what is said.
      if (process.env[addressVariable] === undefined) return { url: { env: addressVariable } };
      process.env[wholeVariable] = `http://127.0.0.1:${port}${path}`;
      return { url: { env: wholeVariable }, timeout: '2s' };
    },
    secrets: { [addressVariable]: path },
    receive: async (most) => {
      const ids: string[] = [];
      const receiver = await startHttpReceiver(({ body, path: asked }) => {
        if (asked !== path || ids.length >= most) return { status: 503 };
        ids.push(eventIdOf(body));
        return taken;
      });
      return { port: receiver.port, ids: () => ids, stop: receiver.stop };
    },
  };
}

/** Delivers to a server that answers as it is told; the port is left out of the message. */
export async function deliverToChat<C>(
  sink: Sink<C>,
  events: readonly KvittoEvent[],
  reply: (got: Got, number: number) => Reply,
  also: object = {},
): Promise<{ delivery: Delivery; got: readonly Got[] }> {
  const receiver = await startHttpReceiver(reply);
  process.env[addressVariable] = `http://127.0.0.1:${receiver.port}${path}`;
  try {
    const settings = sink.settings.parse({ url: { env: addressVariable }, ...also });
    const delivery = await sink.deliver(events, settings, sinkContext());
    const { stopped } = delivery;
    if (stopped === null) return { delivery, got: receiver.got };
    const message = stopped.message.replaceAll(`:${receiver.port}`, '');
    return { delivery: { ...delivery, stopped: { ...stopped, message } }, got: receiver.got };
  } finally {
    delete process.env[addressVariable];
    await receiver.stop();
  }
}
