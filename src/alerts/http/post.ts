import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Dispatcher } from 'undici';
import { CodedError } from '../../model/errors.ts';
import type { Delivery, SinkContext } from '../sink.ts';
import { placeOf, urlOf } from './address.ts';
import { openDispatcher } from './connect.ts';
import type { Endpoint } from './endpoint.ts';
import { headersOf } from './headers.ts';
import { retryAfterMs } from './retry-after.ts';
import { troubleOf } from './trouble.ts';
import { Veil } from './veil.ts';

const compress = promisify(gzip);
const mostAnswerBytes = 64 * 1024;

/** One request of a delivery. */
export interface Ask {
  /** POST where it is not said. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH';
  /** Of the same origin as the endpoint's: what is secret is sent with it. Its own address where it is not said. */
  readonly url?: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Sends the body compressed. */
  readonly gzip?: boolean;
  /** 64 KiB where it is not said. */
  readonly mostAnswerBytes?: number;
  /** Never sent a second time, though a kept connection turned out to be closed: what it makes would be there twice. */
  readonly once?: boolean;
}

/** The receiver answered. Redirects are answers too: they are not followed. */
export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  /** Null where it broke off, is longer than is read, or is compressed. */
  readonly text: string | null;
  /** What `Retry-After` asks for, at most a day. */
  readonly afterMs: number | null;
  header(name: string): string | null;
}

/** There was no answer. `message` names the place. */
export interface Trouble {
  readonly kind: 'trouble';
  readonly message: string;
}

/** A receiver during one delivery. Connections are kept between its requests. */
export interface Line {
  readonly url: URL;
  /** Scheme, host and port, for messages. */
  readonly place: string;
  /** Sends once; once more where a kept connection turned out to be closed. Throws nothing for what a receiver does. */
  send(ask: Ask): Promise<Answer | Trouble>;
  /** Text of the receiver that may stand in a message. */
  quote(text: string): string;
  /** Something else that is secret. */
  hide(secret: string): void;
}

type Context = Pick<SinkContext, 'tool' | 'now' | 'signal'>;

/**
 * Does a delivery over HTTP. What the configuration lacks (a secret, a file) is `later`, with nothing delivered: `use` reads its secrets before
 * it sends anything.
 */
export async function withLine(
  settings: Endpoint,
  context: Context,
  use: (line: Line) => Promise<Delivery>,
): Promise<Delivery> {
  let dispatcher: Dispatcher | null = null;
  try {
    const veil = new Veil();
    const url = urlOf(settings.url);
    veil.hideAddress(url);
    if (settings.tls !== undefined && url.protocol !== 'https:') {
      throw new CodedError(
        'config-invalid',
        `${placeOf(url)} is spoken with in the open, and the setting tls is of no use`,
        {
          remedy: 'write https:// in the address, or take tls out',
        },
      );
    }
    const headers = headersOf(settings, context.tool, veil);
    dispatcher = await openDispatcher(settings, veil);
    const send = sender({ dispatcher, url, headers, timeoutMs: settings.timeout, context });
    const line = { url, place: placeOf(url), send, quote: veil.quote.bind(veil), hide: veil.hide.bind(veil) };
    return await use(line);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return { delivered: 0, stopped: { why: 'later', message: error.message, afterMs: null } };
  } finally {
    await dispatcher?.destroy();
  }
}

interface Wire {
  readonly dispatcher: Dispatcher;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly context: Context;
}

function sender(wire: Wire): Line['send'] {
  let kept = false;
  return async (ask) => {
    if (ask.url !== undefined && ask.url.origin !== wire.url.origin)
      throw new Error('another origin than the one that was configured');
    const bytes = ask.gzip === true && ask.body !== undefined ? await compress(ask.body) : ask.body;
    const first = await once(wire, ask, bytes);
    // Whoever closes a connection between two requests says nothing about the second. It may have had it: an event has an id.
    const again = kept && ask.once !== true && first.kind === 'trouble' && first.closed && !wire.context.signal.aborted;
    const answer = again ? await once(wire, ask, bytes) : first;
    kept = answer.kind === 'answer';
    return answer.kind === 'answer' ? answer : { kind: 'trouble', message: answer.message };
  };
}

const closings: ReadonlySet<unknown> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

async function once(wire: Wire, ask: Ask, body: Ask['body']): Promise<Answer | (Trouble & { closed: boolean })> {
  const { dispatcher, context, timeoutMs } = wire;
  const url = ask.url ?? wire.url;
  // For the whole of it: whoever sends a byte now and then would never run into a limit between two bytes.
  const clock = new AbortController();
  const timer = setTimeout(() => clock.abort(), timeoutMs);
  const signal = AbortSignal.any([context.signal, clock.signal]);
  try {
    const answer = await dispatcher.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: ask.method ?? 'POST',
      headers: { ...wire.headers, ...ask.headers, ...(ask.gzip === true ? { 'content-encoding': 'gzip' } : {}) },
      body: body ?? null,
      signal,
    });
    const header = (name: string): string | null => {
      const value = answer.headers[name];
      return typeof value === 'string' && value.length <= 2000 ? value : null;
    };
    const text = await textOf(answer, ask.mostAnswerBytes ?? mostAnswerBytes);
    const afterMs = retryAfterMs(header('retry-after'), context.now());
    return { kind: 'answer', status: answer.statusCode, text, afterMs, header };
  } catch (thrown) {
    const place = placeOf(url);
    if (context.signal.aborted) return trouble(`${place}: stopped before it answered`);
    if (clock.signal.aborted) return trouble(`${place} did not answer within ${timeoutMs / 1000} s`);
    const closed = closings.has((thrown as { code?: unknown } | null)?.code);
    return { ...trouble(`${place} ${troubleOf(thrown, timeoutMs)}`), closed };
  } finally {
    clearTimeout(timer);
  }
}

function trouble(message: string): Trouble & { closed: boolean } {
  return { kind: 'trouble', message, closed: false };
}

async function textOf({ body, headers }: Dispatcher.ResponseData, mostBytes: number): Promise<string | null> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of body) {
      const bytes = chunk as Buffer;
      sizeBytes += bytes.length;
      if (sizeBytes > mostBytes) return null;
      chunks.push(bytes);
    }
  } catch {
    // The status stands, whatever became of the rest.
    return null;
  } finally {
    body.on('error', () => undefined).destroy();
  }
  const encoding = headers['content-encoding'] ?? 'identity';
  return encoding === 'identity' ? Buffer.concat(chunks).toString('utf8') : null;
}
