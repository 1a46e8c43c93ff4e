import type { KvittoEvent } from '../../../model/event.ts';
import type { EncodingContext } from '../../encodings/context.ts';
import { type EncodingName, encodeLineWithin } from '../../encodings/encode.ts';
import { weightOf } from '../../encodings/weight.ts';
import { labelled } from '../../http/labels.ts';

/** Body of Loki's push API. https://grafana.com/docs/loki/latest/reference/loki-http-api/#ingest-logs */
export interface Push {
  readonly streams: readonly {
    readonly stream: Readonly<Record<string, string>>;
    /** Nanoseconds since 1970 as text, and a line. */
    readonly values: readonly (readonly [string, string])[];
  }[];
}

export interface StreamOptions {
  readonly labels: Readonly<Record<string, string>>;
  readonly format: EncodingName;
  readonly mostLineBytes: number;
}

/**
 * Events as streams: one for each set of labels, whose number does not grow with vulnerabilities. Times in a stream rise strictly, by
 * entry and place within their millisecond, so that the same event has the same time when it comes again. Null where a single event
 * has no line that is short enough.
 */
export function pushOf(events: readonly KvittoEvent[], options: StreamOptions, context: EncodingContext): Push | null {
  const streams = new Map<string, { stream: Record<string, string>; last: bigint; values: [string, string][] }>();
  for (const event of events) {
    const line = encodeLineWithin(options.mostLineBytes, options.format, event, context);
    if (line === null) return null;
    const { service, environment, type } = event;
    const labels = labelled({ job: 'kvitto', service, environment, type, level: weightOf(event) });
    const stream = { ...options.labels, ...labels };
    const key = JSON.stringify(stream);
    const one = streams.get(key) ?? { stream, last: -1n, values: [] };
    const at = timeOf(event);
    one.last = at > one.last ? at : one.last + 1n;
    one.values.push([String(one.last), line]);
    streams.set(key, one);
  }
  return { streams: [...streams.values()].map(({ stream, values }) => ({ stream, values })) };
}

const places = 10_000;
const entries = 100;

/** Entries of one transaction have one time; a millisecond has room for a hundred of them. */
function timeOf({ at, entry, place }: KvittoEvent): bigint {
  const within = (entry % entries) * places + Math.min(place, places - 1);
  return BigInt(Date.parse(at)) * 1_000_000n + BigInt(within);
}
