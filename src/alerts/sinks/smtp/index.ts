import { hash } from 'node:crypto';
import { CodedError } from '../../../model/errors.ts';
import type { KvittoEvent } from '../../../model/event.ts';
import { Veil } from '../../http/veil.ts';
import type { Delivery, Sink, SinkContext } from '../../sink.ts';
import { isForGood, rejectedWords, stoppedBy } from './judge.ts';
import { mailOf } from './mail.ts';
import { MailError, openSession, type Sent, type Session } from './session.ts';
import { type Settings, settings } from './settings.ts';

/** Sends each event as a mail by itself, all of a delivery over one connection. */
export const smtp: Sink<Settings> = {
  id: 'smtp',
  summary: 'mail over SMTP, text and HTML, with STARTTLS',
  settings,
  audience: 'people',
  mostAtOnce: 50,
  async deliver(events, config, context) {
    if (events.length === 0) return { delivered: 0, stopped: null };
    const veil = new Veil();
    let delivered = 0;
    let session: Session | null = null;
    try {
      session = await openSession(config, veil, context.signal);
      for (const event of events) {
        const stopped = await post(session, event, config, context, veil);
        if (stopped !== null) return { delivered, stopped };
        delivered++;
      }
      return { delivered, stopped: null };
    } catch (error) {
      if (error instanceof MailError) return { delivered, stopped: stoppedBy(error.trouble, config, veil) };
      if (error instanceof CodedError)
        return { delivered, stopped: { why: 'later', message: error.message.replace(/^tls\./, ''), afterMs: null } };
      throw error;
    } finally {
      session?.close();
    }
  },
};

/** Sends one mail. Who took it while another recipient's server asked for patience is kept, and does not get it again. */
async function post(
  session: Session,
  event: KvittoEvent,
  config: Settings,
  context: SinkContext,
  veil: Veil,
): Promise<Delivery['stopped']> {
  const key = `mail ${event.id}`;
  const before = new Set((await context.memory.get(key))?.split(' '));
  const to = config.to.filter((address) => !before.has(mark(address)));
  const { accepted, rejected }: Sent = to.length === 0 ? { accepted: [], rejected: [] } : await send();
  if (rejected.length === 0) {
    if (before.size > 0) await context.memory.set(key, null);
    return null;
  }
  const taken = config.to.length - to.length + accepted.length;
  const message = `${config.host}:${config.port} took the mail for ${taken} of ${config.to.length}, not for ${rejectedWords(rejected, veil)}`;
  if (rejected.every(isForGood)) {
    if (before.size > 0) await context.memory.set(key, null);
    return { why: 'refused', message };
  }
  await context.memory.set(key, [...before, ...accepted.map(mark)].join(' '));
  return { why: 'later', message, afterMs: null };

  async function send(): Promise<Sent> {
    try {
      return await session.send(config.from, to, await mailOf(event, config, context));
    } catch (error) {
      // For nobody of those that were left; others took it before.
      if (before.size === 0 || !(error instanceof MailError) || error.trouble.rejected.length === 0) throw error;
      return { accepted: [], rejected: error.trouble.rejected };
    }
  }
}

/** Short, for fifty of them to fit into what may be kept. */
function mark(address: string): string {
  return hash('sha256', address).slice(0, 16);
}
