import { z } from 'zod';
import type { KvittoEvent } from '../../../model/event.ts';
import { encodeLineWithin, encodingNames } from '../../encodings/encode.ts';
import { below } from '../../http/address.ts';
import { endpoint } from '../../http/endpoint.ts';
import { inHalves } from '../../http/in-halves.ts';
import { inParts } from '../../http/in-parts.ts';
import { type Stopped, stoppedBy } from '../../http/judge.ts';
import { ownLabels } from '../../http/labels.ts';
import { type Line, withLine } from '../../http/post.ts';
import type { Sink, SinkContext } from '../../sink.ts';
import { type Lined, pushOf } from './streams.ts';

/** Of Loki's own default limit, 256 kB, a little less. */
const mostLineBytes = 250_000;
/** Of one push. What is larger than Loki's burst (6 MB by default) would be told to come later for ever. */
const mostBytes = 1_000_000;
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
    withLine(config, context, async (line) => {
      const { lines, tooLong } = linesOf(events, config, context);
      const send = (some: readonly Lined[]): Promise<Stopped | null> => push(some, config, line);
      const delivery = await inParts(
        lines,
        ({ line: text }) => Buffer.byteLength(text),
        mostBytes,
        (part) => inHalves(part, send),
      );
      return delivery.stopped === null ? { ...delivery, stopped: tooLong } : delivery;
    }),
};

/** Up to the first event that has no line which is short enough. */
function linesOf(
  events: readonly KvittoEvent[],
  { format }: Settings,
  context: SinkContext,
): { lines: readonly Lined[]; tooLong: Stopped | null } {
  const lines: Lined[] = [];
  for (const event of events) {
    const line = encodeLineWithin(mostLineBytes, format, event, context);
    const message = `the line would be longer than ${mostLineBytes} bytes`;
    if (line === null) return { lines, tooLong: { why: 'refused', message } };
    lines.push({ event, line });
  }
  return { lines, tooLong: null };
}

async function push(lines: readonly Lined[], { tenant, labels, gzip }: Settings, line: Line): Promise<Stopped | null> {
  const answer = await line.send({
    url: below(line.url, '/loki/api/v1/push'),
    headers: { 'content-type': 'application/json', ...(tenant === undefined ? {} : { 'x-scope-orgid': tenant }) },
    body: JSON.stringify(pushOf(lines, labels)),
    gzip,
  });
  return stoppedBy(answer, line, refused);
}
