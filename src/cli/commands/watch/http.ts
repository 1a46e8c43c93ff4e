import { hash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { CodedError, messageOf } from '../../../model/errors.ts';
import { clip } from '../../../model/problem.ts';

/** What is answered over HTTP. */
export interface Answers {
  /** Why the watch does not do its work; null: it does. */
  healthy(): Promise<string | null>;
  /** Why it cannot; null: it can. */
  ready(): Promise<string | null>;
  metrics(): Promise<string>;
  /** A cycle at once. */
  rescan(): Promise<void>;
  /** Something went wrong while it answered. */
  failed(thrown: unknown): void | Promise<void>;
}

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** For POST /rescan; null: nobody may. */
  readonly token: string | null;
}

const mostBodyBytes = 1_024;
const timeLimitMs = 10_000;

/** `127.0.0.1:9464`, `[::1]:9464`, `:9464` (loopback) or `off`. Throws `usage`. */
export function parseListen(text: string): { host: string; port: number } | null {
  if (text === 'off') return null;
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-fA-F:]+)\]|([A-Za-z0-9.-]*)):(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits === undefined || port > 65_535) {
    throw new CodedError('usage', `--listen: not an address: ${clip(text, 60)}`, {
      remedy: 'write 127.0.0.1:9464, [::1]:9464, or off',
    });
  }
  const host = bracketed ?? plain ?? '';
  return { host: host === '' ? '127.0.0.1' : host, port };
}

/** The token of the environment; null where it names none. Throws `config-invalid` for one that cannot be sent, or could be guessed. */
export function tokenOf(env: Readonly<Record<string, string | undefined>>): string | null {
  const token = env['KVITTO_WATCH_TOKEN'];
  if (token === undefined || token === '') return null;
  if (/^[\x21-\x7e]{16,1000}$/.test(token)) return token;
  throw new CodedError('config-invalid', 'KVITTO_WATCH_TOKEN is no token', {
    remedy: 'at least 16 letters, digits or signs without spaces, as: openssl rand -hex 32',
  });
}

/** Serves `/healthz`, `/readyz`, `/metrics` and POST `/rescan`, and nothing else. Throws where the address cannot be had. */
export async function listen({ host, port, token }: ListenOptions, answers: Answers): Promise<Server> {
  const server = createServer(
    { maxHeaderSize: 8_192, headersTimeout: timeLimitMs, requestTimeout: timeLimitMs, keepAliveTimeout: 5_000 },
    (request, response) => {
      answer(request, response, token, answers).catch((thrown: unknown) => {
        answers.failed(thrown);
        if (response.headersSent) response.destroy();
        else say(response, 500, 'something went wrong; see the log of the watch\n');
      });
    },
  );
  server.maxConnections = 64;
  server.on('clientError', (_, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  }).catch((thrown: unknown) => {
    throw new CodedError('usage', `--listen ${host}:${port}: ${messageOf(thrown)}`, {
      remedy: 'name another address with --listen HOST:PORT, or: --listen off',
      cause: thrown,
    });
  });
  server.on('error', answers.failed);
  return server;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  token: string | null,
  answers: Answers,
): Promise<void> {
  const path = (request.url ?? '').split('?', 1)[0];
  const { method = '' } = request;
  const isRead = method === 'GET' || method === 'HEAD';
  if (path === '/rescan') {
    if (method !== 'POST') return refuse(response, 'POST');
    return await rescan(request, response, token, answers);
  }
  if (path !== '/healthz' && path !== '/readyz' && path !== '/metrics') return say(response, 404, 'no such page\n');
  if (!isRead) return refuse(response, 'GET, HEAD');
  if (path === '/metrics') {
    return say(response, 200, await answers.metrics(), 'text/plain; version=0.0.4; charset=utf-8');
  }
  const why = path === '/healthz' ? await answers.healthy() : await answers.ready();
  say(response, why === null ? 200 : 503, `${why ?? 'ok'}\n`);
}

async function rescan(
  request: IncomingMessage,
  response: ServerResponse,
  token: string | null,
  answers: Answers,
): Promise<void> {
  if (token === null) return say(response, 403, 'set KVITTO_WATCH_TOKEN for the watch to allow this\n');
  if (!isToken(request.headers.authorization, token)) {
    response.setHeader('WWW-Authenticate', 'Bearer');
    return say(response, 401, 'the token is missing or wrong\n');
  }
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > mostBodyBytes) return say(response, 413, 'nothing is to be sent\n');
  }
  await answers.rescan();
  say(response, 202, 'a cycle begins\n');
}

/** In a time that says nothing about the token. */
function isToken(header: string | undefined, token: string): boolean {
  const given = /^Bearer +(\S{1,1000})$/i.exec(header ?? '')?.[1] ?? '';
  const digest = (text: string) => hash('sha256', text, 'buffer');
  return timingSafeEqual(digest(given), digest(token)) && given !== '';
}

function refuse(response: ServerResponse, allow: string): void {
  response.setHeader('Allow', allow);
  say(response, 405, `only ${allow}\n`);
}

function say(response: ServerResponse, status: number, text: string, type = 'text/plain; charset=utf-8'): void {
  // What was not read of a request is not waited for.
  if (status >= 400) response.setHeader('Connection', 'close');
  response.setHeader('Content-Type', type);
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Cache-Control', 'no-store');
  response.statusCode = status;
  response.end(text);
}
