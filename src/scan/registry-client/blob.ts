import { createHash } from 'node:crypto';
import { CodedError } from '../../model/errors.ts';
import type { Digest } from '../../model/inventory.ts';
import type { Endpoint } from './endpoint.ts';
import { type Answer, bodyOf, type Line, pause } from './exchange.ts';
import { ExchangeError } from './failure.ts';
import { waitBefore } from './pace.ts';

/** Which blob, and where to get it. */
export interface BlobRequest {
  readonly line: Line;
  /** Mirrors first, the registry last. */
  readonly endpoints: readonly Endpoint[];
  readonly retries: { readonly registry: number; readonly mirror: number };
  /** For messages. */
  readonly name: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly signal: AbortSignal;
}

/** So much must come between two failures for the count of them to start anew. */
const progressBytes = 1024 * 1024;
/** Bounds the traffic with a peer that breaks off and cannot resume: each restart reads all of it again. */
const mostRestarts = 4;

/**
 * Bytes of a blob. A broken connection is taken up again where it broke, or from the start where the peer knows no
 * ranges. Throws `digest-mismatch` where length or digest are not those that were asked for.
 */
export async function* streamBlob(request: BlobRequest): AsyncGenerator<Uint8Array> {
  const { line, endpoints, retries, name, digest, sizeBytes, signal } = request;
  const hash = createHash('sha256');
  let received = 0;
  let place = 0;
  let failures = 0;
  let restarts = 0;
  let receivedAtFailure = 0;
  while (place < endpoints.length) {
    const endpoint = endpoints[place];
    if (endpoint === undefined) break;
    try {
      const range = received > 0 ? { range: `bytes=${received}-` } : {};
      const answer = await endpoint.get(`blobs/${digest}`, { subject: name, signal, ...range });
      let skip = offsetOf(answer, received, request);
      if (skip > 0 && ++restarts > mostRestarts) {
        answer.body.destroy();
        throw broken(request, endpoint, `broke off ${restarts} times and cannot resume`, 'never');
      }
      for await (const chunk of bodyOf(line, answer, signal)) {
        const fresh = skip >= chunk.length ? null : skip > 0 ? chunk.subarray(skip) : chunk;
        skip = Math.max(0, skip - chunk.length);
        if (fresh === null) continue;
        received += fresh.length;
        if (received > sizeBytes) throw wrongSize(request, endpoint, `more than ${sizeBytes}`);
        hash.update(fresh);
        yield fresh;
      }
      if (received < sizeBytes)
        throw broken(request, endpoint, `ended after ${received} of ${sizeBytes} bytes`, 'later');
      break;
    } catch (error) {
      if (!(error instanceof CodedError) || error.code === 'aborted') throw error;
      // What was handed on cannot be taken back.
      if (error.code === 'digest-mismatch' && received > 0) throw error;
      if (received - receivedAtFailure >= progressBytes) failures = 0;
      receivedAtFailure = received;
      failures += 1;
      const last = place === endpoints.length - 1;
      const most = last ? retries.registry : retries.mirror;
      const waitMs = error instanceof ExchangeError ? waitBefore(error, failures, most, line.pace) : null;
      if (waitMs !== null) {
        await pause(line, waitMs, signal);
        continue;
      }
      if (last) throw error;
      place += 1;
      failures = 0;
      restarts = 0;
    }
  }
  const actual = `sha256:${hash.digest('hex')}`;
  if (actual !== digest) {
    throw new CodedError('digest-mismatch', `${name}: the bytes that came have the digest ${actual}.`, {
      remedy: 'Something between here and the registry changes what it sends, or its storage is damaged.',
    });
  }
}

/** How many bytes of the answer are already there: all of them, or none where the peer resumes. */
function offsetOf(answer: Answer, received: number, request: BlobRequest): number {
  const announced = Number(answer.header('content-length') ?? Number.NaN);
  if (answer.status === 206) {
    const start = /^bytes ([0-9]{1,15})-/.exec(answer.header('content-range') ?? '')?.[1];
    if (received > 0 && Number(start) === received) return 0;
    answer.body.destroy();
    throw new ExchangeError(
      'source-unreachable',
      `${request.name}: ${answer.url.host} sent another range of bytes than was asked for.`,
      { remedy: 'Ask who runs the registry.', again: 'later' },
    );
  }
  if (!Number.isNaN(announced) && announced !== request.sizeBytes) {
    answer.body.destroy();
    throw wrongSize(request, { host: answer.url.host }, String(announced));
  }
  return received;
}

function wrongSize(request: BlobRequest, endpoint: { readonly host: string }, sent: string): CodedError {
  return new CodedError(
    'digest-mismatch',
    `${request.name}: ${endpoint.host} sends ${sent} bytes; the manifest says ${request.sizeBytes}.`,
    { remedy: 'Something between here and the registry changes what it sends, or its storage is damaged.' },
  );
}

function broken(request: BlobRequest, endpoint: Endpoint, what: string, again: 'never' | 'later'): ExchangeError {
  return new ExchangeError('source-unreachable', `${request.name}: ${endpoint.host} ${what}.`, {
    remedy: 'Check the network, or try again later.',
    again,
  });
}
