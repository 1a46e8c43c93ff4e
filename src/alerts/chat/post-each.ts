import type { z } from 'zod';
import type { KvittoEvent } from '../../model/event.ts';
import { secret } from '../config/secret.ts';
import { endpoint } from '../http/endpoint.ts';
import { stoppedBy } from '../http/judge.ts';
import { type Answer, withLine } from '../http/post.ts';
import type { Delivery, SinkContext } from '../sink.ts';
import { tell } from '../words/tell.ts';
import type { Words } from '../words/words.ts';

/** Settings of an incoming webhook: whoever knows its address may write there, so the whole of it is a secret. */
const { url: _, auth: __, headers: ___, ...connection } = endpoint;
export const incoming = { ...connection, url: secret };

type Incoming = z.output<z.ZodObject<typeof incoming>>;

/** What a chat's answer means where the status does not say it. */
export interface ChatAnswers {
  /** The channel says that it took it, though the status is 2xx for what it did not take, too. Null where 2xx is enough. */
  readonly confirmed: ((answer: Answer) => boolean) | null;
  /** The answer says of this message that it will never be taken. */
  readonly refused: (answer: Answer) => boolean;
}

/** Posts each event as a message by itself. `render`: the body, as JSON can hold it. */
export function postEach(
  events: readonly KvittoEvent[],
  settings: Incoming,
  context: SinkContext,
  render: (words: Words) => object,
  { confirmed, refused }: ChatAnswers,
): Promise<Delivery> {
  return withLine(settings, context, async (line) => {
    for (const [delivered, event] of events.entries()) {
      const body = JSON.stringify(tell(event, context.link, render));
      const answer = await line.send({ headers: { 'content-type': 'application/json' }, body });
      const stopped = stoppedBy(answer, line, new Set());
      if (stopped === null && (answer.kind !== 'answer' || confirmed === null || confirmed(answer))) continue;
      if (answer.kind === 'answer' && refused(answer)) {
        const message = `${line.place} does not take this message: ${line.quote(answer.text ?? '') || answer.status}`;
        return { delivered, stopped: { why: 'refused', message } };
      }
      if (stopped !== null) return { delivered, stopped };
      const message = `${line.place} did not confirm it: ${answer.kind === 'answer' ? line.quote(answer.text ?? '') : ''}`;
      return { delivered, stopped: { why: 'later', message, afterMs: null } };
    }
    return { delivered: events.length, stopped: null };
  });
}
