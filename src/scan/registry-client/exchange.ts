import type { Dispatcher } from 'undici';
import { CodedError } from '../../model/errors.ts';
import { clip } from '../../model/problem.ts';
import { ExchangeError, networkFailure, placeOf, statusFailure } from './failure.ts';
import { type Pace, retryAfterMs, waitBefore } from './pace.ts';

/** What requests go through. */
export interface Line {
  readonly dispatcher: Dispatcher;
  readonly insecure: boolean;
  readonly idleTimeoutMs: number;
  readonly pace: Pace;
}

export interface Ask {
  readonly url: URL;
  /** What is asked for, in the user's words. */
  readonly subject: string;
  readonly signal: AbortSignal;
  readonly accept?: string;
  readonly range?: string;
  /** Sent to the origin of `url` alone, never to where a redirect leads. */
  readonly authorization?: string | null;
  /** Makes it a POST that follows no redirect. */
  readonly form?: URLSearchParams;
}

export interface Answer {
  readonly status: number;
  readonly url: URL;
  header(name: string): string | undefined;
  headerLines(name: string): readonly string[];
  readonly body: Dispatcher.ResponseData['body'];
}

const mostRedirects = 5;
const mostErrorBytes = 64 * 1024;
/** A peer that sends less than this within `idleTimeoutMs` of waiting is taken as one that hangs. */
const leastBytesPerIdle = 1024;

/** One request and the redirects that follow it. Any status but a redirect is an answer. Throws `ExchangeError` or `aborted`. */
export async function exchange(line: Line, ask: Ask): Promise<Answer> {
  const visited = new Set<string>();
  let url = ask.url;
  for (;;) {
    visited.add(url.href);
    const answer = await once(line, ask, url);
    if (![301, 302, 303, 307, 308].includes(answer.status)) return answer;
    await discard(answer);
    const next = nextUrl(line, answer, ask);
    if (visited.has(next.href) || visited.size > mostRedirects) {
      const what = visited.has(next.href) ? 'redirects in a circle' : `redirects more than ${mostRedirects} times`;
      throw new ExchangeError('source-unreachable', `${ask.subject}: ${placeOf(ask.url)} ${what}.`, {
        remedy: 'Ask who runs the registry, or name the host that it leads to.',
      });
    }
    url = next;
  }
}

function nextUrl(line: Line, answer: Answer, ask: Ask): URL {
  const location = answer.header('location') ?? '';
  const refuse = (why: string): ExchangeError =>
    new ExchangeError('source-unreachable', `${ask.subject}: ${placeOf(answer.url)} redirects ${why}.`, {
      remedy: 'Ask who runs the registry.',
    });
  if (ask.form !== undefined) throw refuse('a login, which is not followed');
  if (location === '' || !URL.canParse(location, answer.url.href)) throw refuse('to no valid address');
  const next = new URL(location, answer.url);
  next.username = '';
  next.password = '';
  next.hash = '';
  if (next.protocol !== 'https:' && next.protocol !== 'http:') throw refuse(`to ${clip(next.protocol, 40)}`);
  if (next.protocol === 'http:' && !line.insecure) throw refuse(`to plain http (${clip(next.host)})`);
  return next;
}

async function once(line: Line, ask: Ask, url: URL): Promise<Answer> {
  const headers: Record<string, string> = { 'user-agent': 'kvitto', 'accept-encoding': 'identity' };
  if (ask.accept !== undefined) headers['accept'] = ask.accept;
  if (ask.range !== undefined) headers['range'] = ask.range;
  if (ask.authorization && url.origin === ask.url.origin) headers['authorization'] = ask.authorization;
  if (ask.form !== undefined) headers['content-type'] = 'application/x-www-form-urlencoded';
  try {
    const answer = await line.dispatcher.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: ask.form === undefined ? 'GET' : 'POST',
      headers,
      body: ask.form?.toString() ?? null,
      signal: ask.signal,
    });
    // A body that is given up, or breaks while nobody reads it, must not end the process.
    answer.body.on('error', () => {});
    const lines = (name: string): string[] => [answer.headers[name] ?? []].flat();
    return {
      status: answer.statusCode,
      url,
      headerLines: lines,
      header: (name) => lines(name)[0],
      body: answer.body,
    };
  } catch (error) {
    throw networkFailure(error, url, ask.signal);
  }
}

/** Bytes of a body as they come. Throws `ExchangeError` where the peer breaks off, falls silent or only drips. */
export async function* bodyOf(line: Line, answer: Answer, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  let waitedMs = 0;
  let bytes = 0;
  let askedAt = performance.now();
  try {
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      waitedMs += performance.now() - askedAt;
      bytes += chunk.length;
      if (waitedMs >= line.idleTimeoutMs) {
        if (bytes < leastBytesPerIdle) {
          throw new ExchangeError(
            'source-unreachable',
            `${placeOf(answer.url)}: it sends next to nothing (${bytes} bytes in ${Math.round(waitedMs / 100) / 10} s).`,
            { remedy: 'Check the network, or try again later.', again: 'once' },
          );
        }
        waitedMs = 0;
        bytes = 0;
      }
      yield chunk;
      askedAt = performance.now();
    }
  } catch (error) {
    throw networkFailure(error, answer.url, signal);
  } finally {
    answer.body.destroy();
  }
}

/** A small body in one piece. Throws `limit-exceeded` above `mostBytes`. */
export async function readAll(line: Line, answer: Answer, mostBytes: number, ask: Ask): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bodyOf(line, answer, ask.signal)) {
    size += chunk.length;
    if (size > mostBytes) {
      throw new CodedError(
        'limit-exceeded',
        `${ask.subject}: ${placeOf(answer.url)} sends more than the ${mostBytes} bytes that are read.`,
        { remedy: 'The registry does not answer as one: check its address.' },
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Ends an answer whose body is of no interest; a short one is read, so that its connection can serve on. */
export async function discard(answer: Answer): Promise<void> {
  await answer.body.dump({ limit: mostErrorBytes }).catch(() => {});
}

/** The failure that an answer with an error status is. Reads what the registry says of it. */
export async function failureOf(line: Line, answer: Answer, ask: Ask): Promise<ExchangeError> {
  let said = '';
  try {
    said = errorText(await readAll(line, answer, mostErrorBytes, ask));
  } catch {
    // The status tells enough.
  }
  for (const secret of secretsOf(ask)) said = said.replaceAll(secret, '…');
  const afterMs = retryAfterMs(answer.header('retry-after'), line.pace.now());
  return statusFailure(answer.status, answer.url, ask.subject, said, afterMs);
}

/** What must not come back in a message, should the peer echo it. */
function secretsOf(ask: Ask): string[] {
  const token = ask.authorization?.slice(ask.authorization.indexOf(' ') + 1) ?? '';
  const basic = Buffer.from(token, 'base64').toString('utf8');
  const password = basic.slice(basic.indexOf(':') + 1);
  return [token, password, ask.form?.get('refresh_token') ?? ''].filter((secret) => secret.length > 3);
}

/** `errors[0]` of the distribution specification, or nothing. */
function errorText(bytes: Buffer): string {
  const json = JSON.parse(bytes.toString('utf8')) as { errors?: unknown } | null;
  const [first] = Array.isArray(json?.errors) ? (json.errors as unknown[]) : [];
  const { code, message } = (first ?? {}) as { code?: unknown; message?: unknown };
  return [code, message].filter((part) => typeof part === 'string').join(': ');
}

/** Runs `attempt` until it succeeds or asking again is no use; at most `most` more times. */
export async function withRetries<T>(
  line: Line,
  most: number,
  signal: AbortSignal,
  attempt: () => Promise<T>,
): Promise<T> {
  for (let made = 1; ; made++) {
    try {
      return await attempt();
    } catch (error) {
      const waitMs = error instanceof ExchangeError ? waitBefore(error, made, most, line.pace) : null;
      if (waitMs === null) throw error;
      await pause(line, waitMs, signal);
    }
  }
}

/** Waits; throws `aborted` where the scan is stopped meanwhile. */
export async function pause(line: Line, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await line.pace.sleep(ms, signal);
  } catch (cause) {
    if (signal.aborted) throw new CodedError('aborted', 'Stopped while waiting to ask a registry again.', { cause });
    throw cause;
  }
}
