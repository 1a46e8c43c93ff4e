import type { KvittoEvent } from '../../../model/event.ts';
import { weightOf } from '../../encodings/weight.ts';
import { type AnyValue, type KeyValue, keyValues } from './any-value.ts';

/** https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/logs/v1/logs.proto */
export interface LogRecord {
  readonly timeUnixNano: string;
  readonly observedTimeUnixNano: string;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly eventName: string;
  readonly body: AnyValue;
  readonly attributes: readonly KeyValue[];
}

/** As the data model of logs places the levels of syslog: critical is ERROR2, notice is INFO2. */
const severityNumbers = { critical: 18, high: 17, medium: 13, unknown: 13, low: 10, info: 9 } as const;

/**
 * An event as a log record. `log.record.uid` is its id: who gets it twice may drop one. `service.name` is the service that it is about; the
 * one that speaks stands in the resource. All else of the event is under `kvitto.`.
 */
export function logRecordOf(event: KvittoEvent, observed: Date): LogRecord {
  const { id, at, type, message, service, environment, ...rest } = event;
  const weight = weightOf(event);
  const name = `kvitto.${type}`;
  const own = Object.entries(rest).map(([key, value]) => [`kvitto.${snakeCase(key)}`, value]);
  return {
    timeUnixNano: nanoseconds(Date.parse(at)),
    observedTimeUnixNano: nanoseconds(observed.getTime()),
    severityNumber: severityNumbers[weight],
    severityText: weight,
    eventName: name,
    body: { stringValue: message.toWellFormed() },
    attributes: keyValues({
      'event.name': name,
      'log.record.uid': id,
      'service.name': service,
      'deployment.environment.name': environment,
      ...Object.fromEntries(own),
    }),
  };
}

function nanoseconds(ms: number): string {
  return `${BigInt(ms) * 1_000_000n}`;
}

function snakeCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
