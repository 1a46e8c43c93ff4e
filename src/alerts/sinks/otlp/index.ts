import { z } from 'zod';
import type { KvittoEvent } from '../../../model/event.ts';
import { toolVersion } from '../../encodings/context.ts';
import { below } from '../../http/address.ts';
import { endpoint } from '../../http/endpoint.ts';
import { inHalves } from '../../http/in-halves.ts';
import { later, type Stopped, stoppedBy } from '../../http/judge.ts';
import { type Line, withLine } from '../../http/post.ts';
import type { Sink, SinkContext } from '../../sink.ts';
import { keyValues } from './any-value.ts';
import { logRecordOf } from './log-record.ts';

const settings = z.strictObject({ ...endpoint, gzip: z.boolean().default(true) });
type Settings = z.output<typeof settings>;

/** Nonsense to it, whenever it comes: not to be tried again, says the specification. */
const refused: ReadonlySet<number> = new Set([400, 413, 422]);

/** Sends events as log records of OpenTelemetry. https://opentelemetry.io/docs/specs/otlp/#otlphttp */
export const otlp: Sink<Settings> = {
  id: 'otlp',
  summary: 'Log records of OpenTelemetry (OTLP over HTTP, JSON)',
  settings,
  audience: 'machines',
  mostAtOnce: 500,
  deliver: (events, config, context) =>
    withLine(config, context, (line) => inHalves(events, (some) => send(some, config, context, line))),
};

async function send(
  events: readonly KvittoEvent[],
  { gzip }: Settings,
  context: SinkContext,
  line: Line,
): Promise<Stopped | null> {
  const url = below(line.url, '/v1/logs');
  const headers = { 'content-type': 'application/json' };
  const answer = await line.send({ url, headers, gzip, body: JSON.stringify(requestOf(events, context)) });
  const stopped = stoppedBy(answer, line, refused);
  if (stopped !== null || answer.kind === 'trouble') return stopped;
  const rejected = answer.text === null ? null : rejectedOf(answer.text);
  if (rejected === null) return later(`${line.place} answered ${answer.status}, but not in OTLP: check the address`);
  if (rejected.count === 0) return null;
  const words = line.quote(rejected.message);
  return {
    why: 'refused',
    message: `${line.place} rejected ${rejected.count} log records${words === '' ? '' : `: ${words}`}`,
  };
}

/** An `ExportLogsServiceRequest`. */
function requestOf(events: readonly KvittoEvent[], context: SinkContext): object {
  const version = toolVersion(context);
  const observed = context.now();
  return {
    resourceLogs: [
      {
        resource: { attributes: keyValues({ 'service.name': 'kvitto', 'service.version': version }) },
        scopeLogs: [
          { scope: { name: 'kvitto', version }, logRecords: events.map((event) => logRecordOf(event, observed)) },
        ],
      },
    ],
  };
}

/** What an `ExportLogsServiceResponse` says of records that were not taken; null where it is none. An empty one says that all were. */
function rejectedOf(text: string): { readonly count: number; readonly message: string } | null {
  if (text.trim() === '') return { count: 0, message: '' };
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return null;
  const partial: unknown = Object.hasOwn(answer, 'partialSuccess') ? Reflect.get(answer, 'partialSuccess') : null;
  const { rejectedLogRecords = 0, errorMessage = '' } = Object(partial) as Record<string, unknown>;
  const count = Number(rejectedLogRecords);
  if (!Number.isSafeInteger(count) || count < 0) return null;
  return { count, message: typeof errorMessage === 'string' ? errorMessage : '' };
}
