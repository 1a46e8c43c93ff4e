import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { type Dispatcher, request } from 'undici';
import { CodedError, messageOf } from '../../model/errors.ts';
import { clip } from '../../model/problem.ts';
import type { FetchOptions } from '../limits.ts';
import type { GetOptions, Got, Known } from './origin.ts';

/** How documents are asked for. `authorization`: a header for the server that was named, and for none that it leads to. */
export interface Access {
  readonly dispatcher: Dispatcher;
  readonly authorization: string | null;
}

/** A failure that another try may cure. */
class Retry extends Error {
  readonly afterMs: number | null;

  constructor(message: string, afterMs: number | null = null) {
    super(message);
    this.afterMs = afterMs;
  }
}

const longestPauseMs = 30_000;

/** A host that is not there, a disk that is full: what another try within seconds will not cure. */
const final: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'ECONNREFUSED', 'ENOSPC', 'EACCES', 'EROFS', 'EDQUOT']);

function header(answer: Dispatcher.ResponseData, name: string): string | null {
  const value = answer.headers[name];
  return typeof value === 'string' && value.length <= 1000 ? value : null;
}

function validators(known: Known | undefined, url: string): Record<string, string> {
  if (known === undefined || known.url !== url) return {};
  return {
    ...(known.etag === null ? {} : { 'if-none-match': known.etag }),
    ...(known.lastModified === null ? {} : { 'if-modified-since': known.lastModified }),
  };
}

function redirected(answer: Dispatcher.ResponseData, from: string): string {
  const location = header(answer, 'location');
  const to = location === null ? null : URL.parse(location, from);
  if (to === null || (to.protocol !== 'http:' && to.protocol !== 'https:')) {
    throw new CodedError('feed-unreachable', `${from} redirects to nowhere (${clip(location ?? 'no address', 80)})`);
  }
  if (from.startsWith('https:') && to.protocol === 'http:') {
    throw new CodedError('feed-unreachable', `${from} redirects to an unprotected address`);
  }
  return to.href;
}

/** Everything that is no document, told apart: nothing there, try again, and a failure. */
function judgeStatus(answer: Dispatcher.ResponseData, url: string): 'body' | 'same' | 'absent' {
  const { statusCode } = answer;
  if (statusCode === 304) return 'same';
  if (statusCode === 404 || statusCode === 410) return 'absent';
  if (statusCode === 429 || statusCode === 408 || statusCode >= 500) {
    const seconds = Number(header(answer, 'retry-after') ?? Number.NaN);
    throw new Retry(`${url} answered ${statusCode}`, Number.isFinite(seconds) ? seconds * 1000 : null);
  }
  if (statusCode !== 200) throw new CodedError('feed-unreachable', `${url} answered ${statusCode}`);
  if (header(answer, 'content-type')?.toLowerCase().startsWith('text/html')) {
    throw new CodedError('feed-invalid', `${url} answered with a web page instead of the feed`, {
      remedy: 'a proxy or login page may stand in between; check the address and the proxy settings',
    });
  }
  return 'body';
}

async function saveBody(answer: Dispatcher.ResponseData, url: string, file: string, maxBytes: number) {
  const announced = Number(header(answer, 'content-length') ?? Number.NaN);
  if (announced > maxBytes) {
    throw new CodedError('limit-exceeded', `${url} has ${announced} bytes, more than the allowed ${maxBytes}`);
  }
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const handle = await open(file, 'w');
  try {
    for await (const chunk of answer.body) {
      const bytes = chunk as Buffer;
      sizeBytes += bytes.length;
      if (sizeBytes > maxBytes) {
        throw new CodedError('limit-exceeded', `${url} sends more than the allowed ${maxBytes} bytes`);
      }
      hash.update(bytes);
      await handle.write(bytes);
    }
  } finally {
    await handle.close();
  }
  return { sizeBytes, digest: `sha256:${hash.digest('hex')}` };
}

async function attempt(
  start: string,
  file: string,
  get: GetOptions,
  signal: AbortSignal,
  options: FetchOptions,
  { dispatcher, authorization }: Access,
): Promise<Got> {
  const home = new URL(start).origin;
  let url = start;
  for (let hops = 0; hops <= options.maxRedirects; hops += 1) {
    const answer = await request(url, {
      dispatcher,
      signal,
      headersTimeout: options.idleTimeoutMs,
      bodyTimeout: options.idleTimeoutMs,
      headers: {
        'user-agent': 'kvitto',
        'accept-encoding': 'identity',
        ...validators(get.known, start),
        ...(authorization !== null && new URL(url).origin === home ? { authorization } : {}),
      },
    });
    try {
      if (answer.statusCode > 300 && answer.statusCode < 400 && answer.statusCode !== 304) {
        url = redirected(answer, url);
        continue;
      }
      const verdict = judgeStatus(answer, url);
      if (verdict !== 'body') return { kind: verdict };
      const encoding = header(answer, 'content-encoding') ?? 'identity';
      if (encoding !== 'identity') throw new CodedError('feed-invalid', `${url} is encoded (${clip(encoding, 20)})`);
      const saved = await saveBody(answer, url, file, get.maxBytes);
      if (saved.digest === get.known?.digest) return { kind: 'same' };
      return {
        kind: 'fresh',
        file,
        ...saved,
        url: start,
        etag: header(answer, 'etag'),
        lastModified: header(answer, 'last-modified'),
      };
    } finally {
      // An answer that is not read to its end would hold its connection.
      answer.body.on('error', () => undefined).destroy();
    }
  }
  throw new CodedError('feed-unreachable', `${start} redirects more than ${options.maxRedirects} times`);
}

/**
 * Downloads one document into `file`, with conditional headers, limits on size and time, bounded redirects and retries.
 * Throws `feed-unreachable`, `feed-invalid`, `limit-exceeded`, `aborted`; then the file is gone.
 */
export async function download(
  url: string,
  file: string,
  get: GetOptions,
  options: FetchOptions,
  access: Access,
): Promise<Got> {
  const clock = AbortSignal.timeout(options.totalTimeoutMs);
  const signal = AbortSignal.any([get.signal, clock]);
  const fail = async (thrown: unknown): Promise<never> => {
    await rm(file, { force: true });
    if (get.signal.aborted) throw new CodedError('aborted', 'the update was stopped', { cause: thrown });
    if (thrown instanceof CodedError) throw thrown;
    const why = clock.aborted ? `took longer than ${options.totalTimeoutMs / 1000} s` : messageOf(thrown);
    throw new CodedError('feed-unreachable', `${url} could not be fetched: ${why}`, { cause: thrown });
  };
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt(url, file, get, signal, options, access);
    } catch (thrown) {
      const code = (thrown as { code?: unknown } | null)?.code;
      if (thrown instanceof CodedError || final.has(code) || signal.aborted || tries >= options.attempts)
        return await fail(thrown);
      const asked = thrown instanceof Retry ? thrown.afterMs : null;
      const waitMs = Math.min(longestPauseMs, Math.max(0, asked ?? options.backoffMs * 2 ** (tries - 1)));
      await pause(waitMs, undefined, { signal }).catch(fail);
    }
  }
}
