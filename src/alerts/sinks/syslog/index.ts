import { hostname } from 'node:os';
import { CodedError } from '../../../model/errors.ts';
import type { KvittoEvent } from '../../../model/event.ts';
import { clip } from '../../../model/problem.ts';
import type { Delivery, Sink, SinkContext } from '../../sink.ts';
import { failureWords } from './failure-words.ts';
import { framed, syslogMessage } from './message.ts';
import { sendDatagrams } from './send-datagrams.ts';
import { ReceiverFault, sendOverStream } from './send-stream.ts';
import { type SyslogSettings, syslogSettings } from './settings.ts';
import { peerName } from './stream.ts';

/** This machine's name as RFC 5424 section 6.2.4 has it; `-` where it has none that fits. */
function ownHostname(): string {
  const name = hostname()
    .replace(/[^!-~]/g, '')
    .slice(0, 255);
  return name === '' ? '-' : name;
}

function messagesOf(events: readonly KvittoEvent[], settings: SyslogSettings, context: SinkContext): Buffer[] {
  const told = { ...settings, hostname: settings.hostname ?? ownHostname() };
  return events.map((event) => syslogMessage(event, told, context));
}

function wordsFor(error: unknown, settings: SyslogSettings): string {
  if (error instanceof CodedError) return error.message;
  const where = clip(`${settings.host}:${settings.port}`);
  const said = error instanceof ReceiverFault ? error.message : failureWords(error, peerName(settings));
  return `${where} (${settings.transport}): ${said}`;
}

/** Syslog as RFC 5424 has it, over TLS (RFC 5425), TCP (RFC 6587, octet counting) or UDP (RFC 5426, which may lose). */
export const syslog: Sink<SyslogSettings> = {
  id: 'syslog',
  summary: 'syslog (RFC 5424) over TLS, TCP or UDP, with structured data; the message as ECS, OCSF, JSON or text',
  settings: syslogSettings,
  audience: 'machines',
  mostAtOnce: 1_000,
  async deliver(events, settings, context): Promise<Delivery> {
    if (events.length === 0) return { delivered: 0, stopped: null };
    const messages = messagesOf(events, settings, context);
    const later = (delivered: number, error: unknown): Delivery => ({
      delivered,
      stopped: { why: 'later', message: wordsFor(error, settings), afterMs: null },
    });
    if (settings.transport === 'udp') {
      const { sent, error } = await sendDatagrams(messages, settings, context.signal);
      return error === null ? { delivered: sent, stopped: null } : later(sent, error);
    }
    try {
      await sendOverStream(Buffer.concat(messages.flatMap(framed)), settings, context.signal);
      return { delivered: events.length, stopped: null };
    } catch (error) {
      return later(0, error);
    }
  },
};
