import { createHash } from 'node:crypto';
import { CodedError } from '../../model/errors.ts';
import type { Digest } from '../../model/inventory.ts';
import { clip } from '../../model/problem.ts';
import type { SourceOptions } from '../source.ts';
import { streamBlob } from './blob.ts';
import { openDispatcher } from './connection.ts';
import { Endpoint, parseMirror } from './endpoint.ts';
import { type Ask, type Line, readAll, withRetries } from './exchange.ts';
import { findCredentials } from './find-credentials.ts';
import { type Pace, realPace } from './pace.ts';
import { formatReference, type ImageReference } from './reference.ts';

/** The bytes of a manifest or index, whose digest has been checked against what was asked for and what the registry says. */
export interface ManifestBytes {
  readonly bytes: Uint8Array;
  readonly digest: Digest;
}

export type RegistryClientOptions = Pick<
  SourceOptions,
  'caFile' | 'insecure' | 'mirrors' | 'env' | 'idleTimeoutMs' | 'signal'
>;

const mostRetries = 4;
const mostMirrorRetries = 1;
/** What a mirror may do wrong without harm, because the registry is asked next. */
const mirrorFailures: ReadonlySet<string> = new Set([
  'source-not-found',
  'source-unauthorized',
  'source-unreachable',
  'digest-mismatch',
  'limit-exceeded',
]);

/** Reads one repository of a registry (OCI distribution specification 1.1) and of its mirrors, which are asked first. */
export class RegistryClient {
  readonly #reference: ImageReference;
  readonly #line: Line;
  readonly #endpoints: readonly Endpoint[];
  readonly #signal: AbortSignal;

  constructor(reference: ImageReference, options: RegistryClientOptions, line: Line) {
    this.#reference = reference;
    this.#line = line;
    this.#signal = options.signal;
    const { repository } = reference;
    const endpoint = (place: ReturnType<typeof parseMirror>, named: boolean): Endpoint =>
      new Endpoint({
        ...place,
        line,
        repository,
        findCredentials: () =>
          findCredentials({ host: place.host, repository, env: options.env, signal: options.signal, named }),
      });
    const mirrors = Object.hasOwn(options.mirrors, reference.host) ? (options.mirrors[reference.host] ?? []) : [];
    this.#endpoints = [
      ...mirrors.map((mirror) => endpoint(parseMirror(mirror, options.insecure), false)),
      endpoint({ host: reference.host, scheme: null, prefix: '' }, true),
    ];
  }

  /**
   * A manifest or index of at most `mostBytes`, by tag or digest; `accept` lists media types.
   * Throws `source-not-found`, `source-unauthorized`, `source-unreachable`, `digest-mismatch`, `limit-exceeded`.
   */
  async manifest(tagOrDigest: string, accept: readonly string[], mostBytes: number): Promise<ManifestBytes> {
    const subject = clip(formatReference(this.#reference), 400);
    const ask = { subject, signal: this.#signal, accept: accept.join(', ') };
    return await this.#anywhere(async (endpoint, retries) =>
      withRetries(this.#line, retries, this.#signal, async () => {
        const answer = await endpoint.get(`manifests/${tagOrDigest}`, ask);
        const bytes = await readAll(this.#line, answer, mostBytes, { ...ask, url: answer.url } satisfies Ask);
        const digest: Digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
        const said = answer.header('docker-content-digest');
        const asked = tagOrDigest.startsWith('sha256:') ? tagOrDigest : null;
        for (const expected of [asked, said?.startsWith('sha256:') ? said : null]) {
          if (expected !== null && expected !== digest) {
            throw new CodedError(
              'digest-mismatch',
              `${subject}: ${endpoint.host} sent a manifest with the digest ${digest}, not ${clip(expected, 80)}.`,
              { remedy: 'Something between here and the registry changes what it sends, or its storage is damaged.' },
            );
          }
        }
        return { bytes, digest };
      }),
    );
  }

  /**
   * A blob as it streams in, at most `sizeBytes` of it. Broken connections are resumed. Length and digest are checked at
   * the end: the bytes are not to be trusted before the stream has ended well.
   */
  blob(digest: Digest, sizeBytes: number, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const both = signal === this.#signal ? signal : AbortSignal.any([signal, this.#signal]);
    return streamBlob({
      line: this.#line,
      endpoints: this.#endpoints,
      retries: { registry: mostRetries, mirror: mostMirrorRetries },
      name: `${this.#reference.host}/${this.#reference.repository}@${digest}`,
      digest,
      sizeBytes,
      signal: both,
    });
  }

  /** A small blob in one piece. Throws `limit-exceeded` where its size is above `mostBytes`. */
  async blobBytes(digest: Digest, sizeBytes: number, mostBytes: number): Promise<Uint8Array> {
    if (sizeBytes > mostBytes) {
      throw new CodedError(
        'limit-exceeded',
        `${this.#reference.host}/${this.#reference.repository}@${digest}: ${sizeBytes} bytes are more than the ${mostBytes} that are read.`,
      );
    }
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.blob(digest, sizeBytes, this.#signal)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    await this.#line.dispatcher.destroy();
  }

  async #anywhere<T>(read: (endpoint: Endpoint, retries: number) => Promise<T>): Promise<T> {
    for (const [at, endpoint] of this.#endpoints.entries()) {
      const last = at === this.#endpoints.length - 1;
      try {
        return await read(endpoint, last ? mostRetries : mostMirrorRetries);
      } catch (error) {
        if (last || !(error instanceof CodedError) || !mirrorFailures.has(error.code)) throw error;
      }
    }
    throw new Error('a client without an endpoint');
  }
}

/** A client for the repository of `reference`. Opens no connection yet. */
export async function openRegistryClient(
  reference: ImageReference,
  options: RegistryClientOptions,
  pace: Pace = realPace,
): Promise<RegistryClient> {
  const dispatcher = await openDispatcher(options);
  const { insecure, idleTimeoutMs } = options;
  return new RegistryClient(reference, options, { dispatcher, insecure, idleTimeoutMs, pace });
}
