import { z } from 'zod';
import { secret } from '../../config/secret.ts';
import { encodeLine, encodingNames } from '../../encodings/encode.ts';
import { endpoint } from '../../http/endpoint.ts';
import { aboutOneEvent, stoppedBy } from '../../http/judge.ts';
import { withLine } from '../../http/post.ts';
import type { Sink } from '../../sink.ts';
import { keyOf, signatureHeaders } from './sign.ts';

const mostKeys = 5;
/** The other refusals mean the address, the secret or the hour: Standard Webhooks has them tried again. */
const mayRefuse = [400, 409, 413, 422] as const;

const settings = z.strictObject({
  ...endpoint,
  /** One, or several while they are changed: each signs. */
  secret: z.union(
    [secret.transform((one) => [one]), z.array(secret).min(1).max(mostKeys)],
    `expected a secret, { env: NAME } or { file: PATH }, or a list of up to ${mostKeys}`,
  ),
  format: z.enum(encodingNames).default('json'),
  /** Answers by which the receiver says that it will never take this event. */
  refusals: z
    .array(z.literal(mayRefuse))
    .default([...aboutOneEvent] as (typeof mayRefuse)[number][])
    .transform((statuses): ReadonlySet<number> => new Set(statuses)),
});

/** Posts each event by itself, signed as Standard Webhooks describes. */
export const webhook: Sink<z.output<typeof settings>> = {
  id: 'webhook',
  summary: 'POST of each event as JSON, signed as Standard Webhooks describes',
  settings,
  audience: 'machines',
  mostAtOnce: 100,
  deliver: (events, config, context) =>
    withLine(config, context, async (line) => {
      const secrets = config.secret.map((one) => one.reveal());
      for (const one of secrets) line.hide(one);
      const keys = secrets.map(keyOf);
      for (const [delivered, event] of events.entries()) {
        const body = encodeLine(config.format, event, context);
        const signed = signatureHeaders(event.id, body, keys, context.now());
        const answer = await line.send({ headers: { 'content-type': 'application/json', ...signed }, body });
        const stopped = stoppedBy(answer, line, config.refusals);
        if (stopped !== null) return { delivered, stopped };
      }
      return { delivered: events.length, stopped: null };
    }),
};
