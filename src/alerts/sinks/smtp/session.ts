import { isIP } from 'node:net';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { contextOf } from '../../http/connect.ts';
import type { Veil } from '../../http/veil.ts';
import type { Settings } from './settings.ts';

/** Most bytes of one answer; servers say a line or two. */
const mostAnswerBytes = 64 * 1024;

/** What went wrong, without the words of libraries: they quote what the server said. */
export interface MailTrouble {
  /** `EAUTH`, `EENVELOPE`, `ECONNECTION` … of nodemailer, or of Node where it has one of its own. */
  readonly code: string;
  /** `MAIL FROM`, `RCPT TO`, `DATA` …; empty where there was none. */
  readonly command: string;
  /** Of the server's answer; 0 where there was none. */
  readonly status: number;
  /** The server's words. Hostile. */
  readonly response: string;
  readonly rejected: readonly Rejected[];
}

export interface Rejected {
  readonly recipient: string;
  readonly status: number;
  readonly response: string;
}

export interface Sent {
  readonly accepted: readonly string[];
  readonly rejected: readonly Rejected[];
}

/** Thrown by a session, and by nobody else. */
export class MailError extends Error {
  readonly trouble: MailTrouble;
  constructor(trouble: MailTrouble) {
    super(trouble.code);
    this.trouble = trouble;
  }
}

/** A connection to a mail server, for several mails one after the other. */
export interface Session {
  send(from: string, to: readonly string[], mail: Buffer): Promise<Sent>;
  close(): void;
}

/** Connects, makes it safe and logs in. Throws `MailError` for what the server does, `config-invalid` for the certificates. */
export async function openSession(settings: Settings, veil: Veil, signal: AbortSignal): Promise<Session> {
  const { host, port, tls, user, password, timeout } = settings;
  const secret = password?.reveal();
  if (secret !== undefined) {
    veil.hide(secret);
    // As AUTH PLAIN sends it.
    veil.hide(`\0${user}\0${secret}`);
  }
  const servername = settings.serverName ?? (isIP(host) === 0 ? host : undefined);
  const secureContext =
    tls === 'none' ? undefined : await contextOf(settings.ca === undefined ? {} : { ca: settings.ca }, veil);
  const connection = new SMTPConnection({
    host,
    port,
    secure: tls === 'tls',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    tls: {
      ...(secureContext === undefined ? {} : { secureContext }),
      ...(servername === undefined ? {} : { servername }),
    },
    connectionTimeout: timeout,
    greetingTimeout: timeout,
    socketTimeout: timeout,
    dnsTimeout: timeout,
    socketCloseTimeout: 500,
    maxResponseSize: mostAnswerBytes,
    allowInternalNetworkInterfaces: true,
  });
  // One that comes when nobody waits must not end the process.
  connection.on('error', () => undefined);
  const step = stepper(connection, signal, timeout);
  try {
    await step((done) => connection.connect(done));
    if (user !== undefined && secret !== undefined)
      await step((done) => connection.login({ user, pass: secret, credentials: { user, pass: secret } }, done));
  } catch (error) {
    connection.close();
    throw error;
  }
  return {
    send: async (from, to, mail) => {
      const info = await step<{ accepted: string[]; rejectedErrors?: unknown[] | undefined }>((done) =>
        connection.send({ from, to: [...to], size: mail.length }, mail, done),
      );
      return { accepted: info.accepted, rejected: (info.rejectedErrors ?? []).map(rejectedOf) };
    },
    close: () => connection.close(),
  };
}

type Done<T> = (error?: unknown, value?: T) => void;

/** Each step has its time as a whole: whoever sends a byte now and then would never run into a limit between two bytes. */
function stepper(connection: SMTPConnection, signal: AbortSignal, timeoutMs: number) {
  return async <T>(run: (done: Done<T>) => void): Promise<T> => {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const fail = (error: unknown): void => reject(new MailError(troubleOf(error)));
    const ended = (): void => fail({ code: 'ECONNRESET' });
    const aborted = (): void => fail({ code: 'ABORT_ERR' });
    const timer = setTimeout(() => fail({ code: 'STEP_TIMEOUT' }), timeoutMs);
    if (signal.aborted) aborted();
    signal.addEventListener('abort', aborted);
    connection.on('error', fail);
    connection.on('end', ended);
    try {
      if (!signal.aborted) run((error, value) => (error == null ? resolve(value as T) : fail(error)));
      return await promise;
    } catch (error) {
      connection.close();
      throw error;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', aborted);
      connection.off('error', fail);
      connection.off('end', ended);
    }
  };
}

function troubleOf(error: unknown): MailTrouble {
  const { code, originalCode, command, responseCode, response, rejectedErrors } = error as Readonly<
    Record<string, unknown>
  >;
  const own = originalCode ?? code;
  return {
    code: typeof own === 'string' ? own : '',
    command: typeof command === 'string' ? command : '',
    status: typeof responseCode === 'number' ? responseCode : 0,
    response: typeof response === 'string' ? response : '',
    rejected: Array.isArray(rejectedErrors) ? rejectedErrors.map(rejectedOf) : [],
  };
}

function rejectedOf(error: unknown): Rejected {
  const { recipient, responseCode, response } = error as Readonly<Record<string, unknown>>;
  return {
    recipient: typeof recipient === 'string' ? recipient : '',
    status: typeof responseCode === 'number' ? responseCode : 0,
    response: typeof response === 'string' ? response : '',
  };
}
