import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { CodedError, type FailureCode, messageOf } from '../model/errors.ts';
import { clip } from '../model/problem.ts';
import { type DaemonPlace, formatPlace } from './daemon-place.ts';

/** The daemon in words, for messages. */
export interface DaemonWords {
  /** `Docker`, `podman`. */
  readonly name: string;
  /** What to do where nothing listens. */
  readonly whenAbsent: string;
  /** What to do where the socket may not be used. */
  readonly whenForbidden: string;
  /** What else may help where it does not answer as it should, after "or": `scan a saved image`. */
  readonly instead: string;
}

export interface DaemonRequest {
  readonly words: DaemonWords;
  /** Path and query, encoded. */
  readonly path: string;
  /** Longest wait for the first byte of the answer, and after that for each next one. */
  readonly firstByteMs: number;
  readonly idleTimeoutMs: number;
  readonly signal: AbortSignal;
}

/** An answer of any status. */
export interface DaemonAnswer {
  readonly status: number;
  header(name: string): string | undefined;
  /** Throws `source-unreachable` where the daemon breaks off or falls silent. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** A GET to a daemon. Throws `source-unreachable`, `source-unauthorized` or `aborted`; any status is an answer. */
export function askDaemon(place: DaemonPlace, ask: DaemonRequest): Promise<DaemonAnswer> {
  const { signal, words, firstByteMs } = ask;
  if (signal.aborted) return Promise.reject(new CodedError('aborted', `Stopped before ${words.name} was asked.`));
  const to =
    place.kind === 'unix'
      ? { socketPath: place.path, headers: { host: 'daemon' } }
      : { host: place.host, port: place.port, ...(place.tls ?? {}) };
  return new Promise((resolve, reject) => {
    const start = place.kind === 'tcp' && place.tls !== null ? httpsRequest : httpRequest;
    const request = start({ ...to, path: ask.path, signal, agent: false });
    const timer = setTimeout(() => request.destroy(silence(words, place, firstByteMs)), firstByteMs);
    request.on('response', (response) => {
      clearTimeout(timer);
      resolve({
        status: response.statusCode ?? 0,
        header: (name) => [response.headers[name] ?? []].flat()[0],
        body: bodyOf(response, place, ask),
      });
    });
    request.on('error', (error) => {
      clearTimeout(timer);
      reject(failureOf(error, place, words, signal));
    });
    request.end();
  });
}

async function* bodyOf(response: IncomingMessage, place: DaemonPlace, ask: DaemonRequest): AsyncGenerator<Uint8Array> {
  let waiting = true;
  // Counts only while the reader waits: a socket that rests because the reader is busy is no silence.
  const timer = setInterval(() => {
    if (waiting) response.destroy(silence(ask.words, place, ask.idleTimeoutMs));
  }, ask.idleTimeoutMs);
  try {
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      waiting = false;
      yield chunk;
      waiting = true;
      timer.refresh();
    }
  } catch (error) {
    throw failureOf(error, place, ask.words, ask.signal);
  } finally {
    clearInterval(timer);
    response.destroy();
  }
}

function silence(words: DaemonWords, place: DaemonPlace, afterMs: number): CodedError {
  const seconds = Math.round(afterMs / 100) / 10;
  return new CodedError('source-unreachable', `${words.name} at ${formatPlace(place)} sent nothing for ${seconds} s.`, {
    remedy: `Check whether ${words.name} still works, or ${words.instead}.`,
  });
}

const connectFailures: ReadonlyMap<string, readonly [FailureCode, string, keyof DaemonWords]> = new Map([
  ['ENOENT', ['source-unreachable', 'no daemon listens there', 'whenAbsent']],
  ['ENOTDIR', ['source-unreachable', 'no daemon listens there', 'whenAbsent']],
  ['ENOTSOCK', ['source-unreachable', 'that is not a socket', 'whenAbsent']],
  ['ECONNREFUSED', ['source-unreachable', 'no daemon listens there', 'whenAbsent']],
  ['EACCES', ['source-unauthorized', 'this user may not use the socket', 'whenForbidden']],
  ['EPERM', ['source-unauthorized', 'this user may not use the socket', 'whenForbidden']],
]);

function failureOf(error: unknown, place: DaemonPlace, words: DaemonWords, signal: AbortSignal): CodedError {
  if (error instanceof CodedError) return error;
  if (signal.aborted) return new CodedError('aborted', `Stopped while ${words.name} was asked.`, { cause: error });
  const [code, what, remedy] = connectFailures.get((error as NodeJS.ErrnoException).code ?? '') ?? [
    'source-unreachable' as const,
    `the connection broke (${clip(messageOf(error), 100)})`,
    'whenAbsent' as const,
  ];
  return new CodedError(code, `${words.name} at ${formatPlace(place)}: ${what}.`, {
    remedy: words[remedy],
    cause: error,
  });
}
