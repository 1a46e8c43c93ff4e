import { z } from 'zod';
import type { KvittoEvent } from '../../../model/event.ts';
import { encodeLine } from '../../encodings/encode.ts';
import { below } from '../../http/address.ts';
import { endpoint } from '../../http/endpoint.ts';
import { inParts } from '../../http/in-parts.ts';
import { later, stoppedBy } from '../../http/judge.ts';
import { type Line, withLine } from '../../http/post.ts';
import type { Delivery, Sink, SinkContext } from '../../sink.ts';
import { deliveryOf, filterPath, itemsOf } from './bulk-answer.ts';

/** Of one request, before it is compressed. Elastic advises 5 to 15 MB. */
const mostBytes = 8_000_000;
const mostAnswerBytes = 4 * 1024 * 1024;

const settings = z.strictObject({
  ...endpoint,
  /** A data stream, an index or an alias. */
  index: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]{0,199}$/, 'expected the name of an index or data stream, in small letters')
    .default('kvitto-events'),
  gzip: z.boolean().default(true),
});
type Settings = z.output<typeof settings>;

/** Creates a document in Elastic Common Schema for each event, with the event's id. https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk */
export const elasticsearch: Sink<Settings> = {
  id: 'elasticsearch',
  summary: 'Documents in Elastic Common Schema by the bulk API of Elasticsearch or OpenSearch',
  settings,
  audience: 'machines',
  mostAtOnce: 500,
  deliver: (events, config, context) =>
    withLine(config, context, (line) => {
      const actions = events.map((event) => actionOf(event, context));
      return inParts(actions, Buffer.byteLength, mostBytes, (part) => bulk(part, config, line));
    }),
};

/** A bulk that is too large goes in halves. */
async function bulk(actions: readonly string[], config: Settings, line: Line): Promise<Delivery> {
  const url = below(line.url, `/${config.index}/_bulk`);
  url.searchParams.set('filter_path', filterPath);
  const headers = { 'content-type': 'application/x-ndjson' };
  const answer = await line.send({ url, headers, body: actions.join(''), gzip: config.gzip, mostAnswerBytes });
  const stopped = stoppedBy(answer, line, tooLarge);
  if (stopped?.why === 'refused' && actions.length > 1) {
    const middle = Math.ceil(actions.length / 2);
    const first = await bulk(actions.slice(0, middle), config, line);
    if (first.stopped !== null) return first;
    const second = await bulk(actions.slice(middle), config, line);
    return { delivered: middle + second.delivered, stopped: second.stopped };
  }
  if (stopped !== null || answer.kind === 'trouble') return { delivered: 0, stopped };
  const items = answer.text === null ? null : itemsOf(answer.text, actions.length);
  if (items === null) {
    const message = `${line.place} answered ${answer.status}, but not as the bulk API does: check the address`;
    return { delivered: 0, stopped: later(message) };
  }
  return deliveryOf(items, line);
}

const tooLarge: ReadonlySet<number> = new Set([413]);

/** Two lines: what to do, and the document. */
function actionOf(event: KvittoEvent, context: SinkContext): string {
  return `${JSON.stringify({ create: { _id: event.id } })}\n${encodeLine('ecs', event, context)}\n`;
}
