import { z } from 'zod';
import { toolVersion } from '../../encodings/context.ts';
import { below } from '../../http/address.ts';
import { endpoint } from '../../http/endpoint.ts';
import { inHalves } from '../../http/in-halves.ts';
import { inParts } from '../../http/in-parts.ts';
import { later, type Stopped, stoppedBy } from '../../http/judge.ts';
import { type Line, withLine } from '../../http/post.ts';
import type { Sink, SinkContext } from '../../sink.ts';
import { keyValues } from './any-value.ts';
import { logRecordOf } from './log-record.ts';

const settings = z.strictObject({ ...endpoint, gzip: z.boolean().default(true) });
type Settings = z.output<typeof settings>;

/** Of one request, before it is compressed. Collectors take 20 MiB by default. */
const mostBytes = 4_000_000;
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
    withLine(config, context, (line) => {
      const observed = context.now();
      const records = events.map((event) => JSON.stringify(logRecordOf(event, observed)));
      const send = (some: readonly string[]): Promise<Stopped | null> => post(some, config, context, line);
      return inParts(records, Buffer.byteLength, mostBytes, (part) => inHalves(part, send));
    }),
};

async function post(
  records: readonly string[],
  { gzip }: Settings,
  context: SinkContext,
  line: Line,
): Promise<Stopped | null> {
  const url = below(line.url, '/v1/logs');
  const headers = { 'content-type': 'application/json' };
  const answer = await line.send({ url, headers, gzip, body: requestOf(records, toolVersion(context)) });
  const stopped = stoppedBy(answer, line, refused);
  if (stopped !== null || answer.kind === 'trouble') return stopped;
  const rejected = answer.text === null ? null : rejectedOf(answer.text);
  if (rejected === null) return later(`${line.place} answered ${answer.status}, but not in OTLP: check the address`);
  if (rejected.count === 0) return null;
  const words = line.quote(rejected.message);
  const message = `${line.place} rejected ${rejected.count} log records${words === '' ? '' : `: ${words}`}`;
  return { why: 'refused', message };
}

/** An `ExportLogsServiceRequest` around log records that are JSON already. */
function requestOf(records: readonly string[], version: string): string {
  const resource = JSON.stringify({ attributes: keyValues({ 'service.name': 'kvitto', 'service.version': version }) });
  const scope = JSON.stringify({ name: 'kvitto', version });
  return `{"resourceLogs":[{"resource":${resource},"scopeLogs":[{"scope":${scope},"logRecords":[${records.join()}]}]}]}`;
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
