import MailComposer from 'nodemailer/lib/mail-composer';
import type { KvittoEvent } from '../../../model/event.ts';
import type { SinkContext } from '../../sink.ts';
import { html } from '../../words/html.ts';
import { plainText } from '../../words/plain-text.ts';
import { tell } from '../../words/tell.ts';
import { threadKey } from '../../words/thread-key.ts';
import type { Settings } from './settings.ts';

/**
 * The bytes of a mail about an event (RFC 5322, MIME), text and HTML. `Message-ID` is made of the event's id, so that one that comes twice can be told; mails of a
 * thread refer to one id, that of no mail, by which mail programs put them together. `.invalid` is nobody's domain (RFC 2606).
 */
export async function mailOf(
  event: KvittoEvent,
  { from, to }: Pick<Settings, 'from' | 'to'>,
  { link, now, tool }: Pick<SinkContext, 'link' | 'now' | 'tool'>,
): Promise<Buffer> {
  const { subject, text, page, urgent } = tell(event, link, (words) => ({
    subject: words.subject,
    text: plainText(words),
    page: html(words),
    urgent: words.tone === 'alarm' && words.level === 'critical',
  }));
  const thread = `<thread-${threadKey(event)}@kvitto.invalid>`;
  const composer = new MailComposer({
    from: { name: 'Kvitto', address: from },
    to: to.map((address) => ({ name: '', address })),
    subject,
    text,
    html: page,
    date: now(),
    messageId: `<${event.id}@kvitto.invalid>`,
    inReplyTo: thread,
    references: thread,
    // RFC 3834: nobody's absence answers it.
    headers: {
      'Auto-Submitted': 'auto-generated',
      'X-Mailer': tool,
      'X-Kvitto-Event': event.id,
      ...(urgent ? { Importance: 'high' } : {}),
    },
    baseBoundary: event.id,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return composer.compile().build();
}
