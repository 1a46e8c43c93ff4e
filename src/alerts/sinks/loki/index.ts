import { z } from 'zod';
import type { KvittoEvent } from '../../../model/event.ts';
import { encodingNames } from '../../encodings/encode.ts';
import { below } from '../../http/address.ts';
import { endpoint } from '../../http/endpoint.ts';
import { inHalves } from '../../http/in-halves.ts';
import { type Stopped, stoppedBy } from '../../http/judge.ts';
import { ownLabels } from '../../http/labels.ts';
import { type Line, withLine } from '../../http/post.ts';
import type { Sink, SinkContext } from '../../sink.ts';
import { pushOf } from './streams.ts';

/** Of Loki's own default limit, 256 kB, a little less. */
const mostLineBytes = 250_000;
/** Too old, too far behind its stream, too long: that does not become better. What was taken of the same push is known again by time and line. */
const refused: ReadonlySet<number> = new Set([400, 413, 422]);

const settings = z.strictObject({
  ...endpoint,
  /** Sent as X-Scope-OrgID. */
  tenant: z
    .string()
    .regex(/^[A-Za-z0-9!_.*'()-]{1,150}$/, 'expected the name of a tenant')
    .optional(),
  format: z.enum(encodingNames).default('ecs'),
  labels: ownLabels,
  gzip: z.boolean().default(true),
});
type Settings = z.output<typeof settings>;

/** Pushes events to Grafana Loki, one line each. */
export const loki: Sink<Settings> = {
  id: 'loki',
  summary: 'Lines of JSON by the push API of Grafana Loki',
  settings,
  audience: 'machines',
  mostAtOnce: 500,
  deliver: (events, config, context) =>
    withLine(config, context, (line) => inHalves(events, (some) => push(some, config, context, line))),
};

async function push(
  events: readonly KvittoEvent[],
  { tenant, format, labels, gzip }: Settings,
  context: SinkContext,
  line: Line,
): Promise<Stopped | null> {
  const body = pushOf(events, { labels, format, mostLineBytes }, context);
  if (body === null) return { why: 'refused', message: `the line would be longer than ${mostLineBytes} bytes` };
  const answer = await line.send({
    url: below(line.url, '/loki/api/v1/push'),
    headers: { 'content-type': 'application/json', ...(tenant === undefined ? {} : { 'x-scope-orgid': tenant }) },
    body: JSON.stringify(body),
    gzip,
  });
  return stoppedBy(answer, line, refused);
}
