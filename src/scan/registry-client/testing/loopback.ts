import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { Digest } from '../../../model/inventory.ts';
import type { Pace } from '../pace.ts';
import { parseReference } from '../reference.ts';
import { openRegistryClient, type RegistryClient, type RegistryClientOptions } from '../registry-client.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

export interface Loopback {
  readonly host: string;
  /** `METHOD path authorization` of each request, in order. */
  readonly seen: readonly string[];
}

/** A server on 127.0.0.1 for one test; `handle` may misbehave. */
export async function loopback(
  t: TestContext,
  handle: Handler,
  server: Server = createServer(),
  address = '127.0.0.1',
): Promise<Loopback> {
  const seen: string[] = [];
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      seen.push(`${request.method} ${request.url} ${request.headers.authorization ?? '-'}`);
      handle(request, response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { host: `${address}:${(server.address() as AddressInfo).port}`, seen };
}

/** Waits are written down instead of waited. Chance is always 1: the longest wait. */
export function notedPace(): Pace & { readonly slept: readonly number[] } {
  const slept: number[] = [];
  return {
    slept,
    random: () => 1,
    now: () => Date.parse('2026-01-01T00:00:00Z'),
    sleep: async (ms, signal) => {
      signal.throwIfAborted();
      slept.push(ms);
    },
  };
}

/** A client that is closed after the test. Plain http is allowed and the environment is empty unless `options` say otherwise. */
export async function clientFor(
  t: TestContext,
  reference: string,
  options: Partial<RegistryClientOptions> = {},
  pace: Pace = notedPace(),
): Promise<RegistryClient> {
  const defaults: RegistryClientOptions = {
    caFile: null,
    insecure: true,
    mirrors: {},
    env: {},
    idleTimeoutMs: 5_000,
    signal: new AbortController().signal,
  };
  const client = await openRegistryClient(parseReference(reference), { ...defaults, ...options }, pace);
  t.after(() => client.close());
  return client;
}

export function sha256(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
