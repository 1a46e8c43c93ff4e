import { troubleOf } from '../../http/trouble.ts';
import type { Veil } from '../../http/veil.ts';
import type { Delivery } from '../../sink.ts';
import type { MailTrouble, Rejected } from './session.ts';
import type { Settings } from './settings.ts';

type Stopped = NonNullable<Delivery['stopped']>;

/** Replies by which a server says of the message itself that it will not take it: too large, or its content (RFC 5321, section 4.2.3). */
const ofMessage: ReadonlySet<number> = new Set([550, 552, 553, 554, 555, 571]);

/**
 * What kept a mail from being taken. Refused is one that every recipient's server, or the server for its content, will never take; a login, a sender, a connection
 * that fails is a matter of the configuration or the hour.
 */
export function stoppedBy(trouble: MailTrouble, settings: Settings, veil: Veil): Stopped {
  const { code, command, status, response, rejected } = trouble;
  const place = `${settings.host}:${settings.port}`;
  const said = status === 0 ? '' : `: ${veil.quote(response)}`;
  const later = (words: string): Stopped => ({ why: 'later', message: `${place} ${words}`, afterMs: null });
  if (code === 'ABORT_ERR') return later('stopped before it was done');
  if (code === 'STEP_TIMEOUT') return later(`did not answer within ${settings.timeout / 1000} s`);
  if (code === 'ETLS' || command === 'STARTTLS')
    return later('cannot be talked to safely: it does not offer STARTTLS, or ended it; is tls: tls meant?');
  if (code === 'EAUTH' || status === 530 || status === 535)
    return later(`does not let ${settings.user ?? 'one without a login'} in: check user and password${said}`);
  if (code === 'EENVELOPE' && rejected.length > 0) {
    const words = `${place} takes the mail for nobody: ${rejectedWords(rejected, veil)}`;
    return rejected.every(isForGood)
      ? { why: 'refused', message: words }
      : { why: 'later', message: words, afterMs: null };
  }
  if (status >= 500 && (command === 'MAIL FROM' ? status === 552 : command === 'DATA' && ofMessage.has(status)))
    return { why: 'refused', message: `${place} does not take this mail${said}` };
  if (status >= 500 && command === 'MAIL FROM') return later(`does not take mail from ${settings.from}${said}`);
  if (status > 0) return later(`answered ${status}${command === '' ? '' : ` to ${command}`}${said}`);
  const words = troubleOf(Object.assign(new Error(), { code: known[code] ?? code }), settings.timeout);
  return later(
    words.replace('tls.ca', 'ca').replace('tls.serverName', 'serverName').replace('the address,', 'the host,'),
  );
}

/** Codes of nodemailer in Node's words. */
const known: Readonly<Record<string, string>> = {
  __proto__: null as never,
  ECONNECTION: 'ECONNRESET',
  EDNS: 'ENOTFOUND',
};

/** Whether a server will never take a mail for this recipient. */
export function isForGood({ status }: Rejected): boolean {
  return status >= 500;
}

/** `ann@x.example (550 no such user), bob@x.example (451 try later)`. */
export function rejectedWords(rejected: readonly Rejected[], veil: Veil): string {
  const shown = rejected.slice(0, 3).map((r) => `${r.recipient} (${veil.quote(r.response).slice(0, 120)})`);
  return `${shown.join(', ')}${rejected.length > 3 ? ` and ${rejected.length - 3} more` : ''}`;
}
