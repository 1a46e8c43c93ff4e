import type { KvittoEvent } from '../../../model/event.ts';
import type { EncodingContext } from '../../encodings/context.ts';
import { encodeAsciiWithin } from '../../encodings/encode.ts';
import { cutText } from '../../encodings/shorten.ts';
import { isExploited, type Weight, weightOf } from '../../encodings/weight.ts';
import type { SyslogSettings } from './settings.ts';

/** RFC 5424 table 2. What is known to be exploited in what runs is an alert. */
const severities: Readonly<Record<Weight, number>> = { critical: 2, high: 3, medium: 4, unknown: 4, low: 5, info: 6 };
const exploitedSeverity = 1;

/** The severity of an event in syslog, 0 to 7: the less, the worse. */
export function syslogSeverityOf(event: KvittoEvent): number {
  return isExploited(event) ? exploitedSeverity : severities[weightOf(event)];
}

export interface MessageSettings extends Pick<SyslogSettings, 'facility' | 'appName' | 'format' | 'structuredData'> {
  readonly enterprise: number;
  readonly maxMessageBytes: number;
  readonly hostname: string;
}

/**
 * One message of RFC 5424, without a frame. JSON comes in ASCII and without a byte order mark, which no JSON may begin with (RFC 8259 section 8.1); text in
 * UTF-8 behind the mark that RFC 5424 section 6.4 asks for. Never longer than the settings say.
 */
export function syslogMessage(event: KvittoEvent, settings: MessageSettings, context: EncodingContext): Buffer {
  const { facility, hostname, appName, maxMessageBytes } = settings;
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$/.test(event.at) ? event.at : '-';
  const head = `<${facility * 8 + syslogSeverityOf(event)}>1 ${at} ${hostname} ${appName} - ${event.type} `;
  const elements = settings.structuredData ? elementOf(event, settings.enterprise) : '-';
  // In the shortest messages that may be asked for, the words count more than their structure.
  const start = Buffer.from(`${head}${Buffer.byteLength(elements) > maxMessageBytes / 2 ? '-' : elements} `);
  const room = maxMessageBytes - start.length;
  return Buffer.concat([start, bodyOf(event, settings, context, room)]);
}

function bodyOf(event: KvittoEvent, { format }: MessageSettings, context: EncodingContext, room: number): Buffer {
  if (format !== 'text') {
    const line = encodeAsciiWithin(room, format, event, context);
    if (line !== null) return Buffer.from(line, 'latin1');
  }
  const link = context.link(event);
  return cutBytes(Buffer.from(`\ufeff${inOneLine(event.message)}${link === null ? '' : ` ${link}`}`), room);
}

const steering = /[\p{Cc}\u2028\u2029\p{Cs}]/gu;

function inOneLine(text: string): string {
  return text.replace(steering, '\ufffd');
}

const mark = Buffer.from('…');

/** At most so many bytes, never a part of a character; what was cut ends in `…`. */
export function cutBytes(text: Buffer, most: number): Buffer {
  if (text.length <= most) return text;
  let end = Math.max(0, most - mark.length);
  while (end > 0 && ((text[end] ?? 0) & 0xc0) === 0x80) end--;
  return Buffer.concat([text.subarray(0, end), mark]);
}

/** The structured data: what a receiver sorts and filters by, without a look into the message. */
function elementOf(event: KvittoEvent, enterprise: number): string {
  const parameters = Object.entries({
    id: event.id,
    entry: String(event.entry),
    ...aboutOf(event),
    service: event.service,
    environment: event.environment,
    severity: weightOf(event),
    exploited: isExploited(event) ? 'true' : null,
  });
  const written = parameters.flatMap(([name, value]) => (value === null ? [] : [` ${name}="${escaped(value)}"`]));
  return `[kvitto@${enterprise}${written.join('')}]`;
}

function aboutOf(event: KvittoEvent): Readonly<Record<string, string | null>> {
  switch (event.type) {
    case 'change': {
      const { change, state, component, vulnerability } = event;
      return { change, state, vulnerability: vulnerability?.id ?? null, component };
    }
    case 'alert':
      return { alert: String(event.alert), state: event.state, rule: event.rule, owner: event.owner };
    case 'decision':
      return { vulnerability: event.vulnerability, status: event.status };
    case 'verdict':
      return { verdict: event.verdict };
    case 'deployment':
      return { action: event.action };
    default:
      return {};
  }
}

const longestValue = 256;

/** RFC 5424 section 6.3.3. */
function escaped(value: string): string {
  return inOneLine(cutText(value, longestValue)).replace(/["\\\]]/g, '\\$&');
}

/** A message with its length before it: RFC 6587 section 3.4.1, RFC 5425 section 4.3. */
export function framed(message: Buffer): Buffer[] {
  return [Buffer.from(`${message.length} `), message];
}
