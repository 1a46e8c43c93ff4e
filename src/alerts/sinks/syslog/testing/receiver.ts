import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer, TLSSocket } from 'node:tls';
import type { Certificate } from './certificates.ts';
import { parseSyslog, unframed } from './parse-syslog.ts';

export interface SyslogReceiver {
  readonly port: number;
  messages(): readonly Buffer[];
  ids(): string[];
  /** Connections that were taken. */
  connections(): number;
  stop(): Promise<void>;
}

export interface ReceiverOptions {
  /** After so many messages it is as one that was killed: it resets connections and takes none. */
  readonly most?: number;
  /** TLS where it is given; `clientsBy`: certificates of clients are asked for, signed by this authority. */
  readonly tls?: { readonly own: Certificate; readonly clientsBy?: Certificate } | undefined;
  /** Never ends its side. */
  readonly neverEnds?: boolean;
}

/** A receiver that reads frames strictly, on a free port of this machine. */
export async function startReceiver(options: ReceiverOptions = {}): Promise<SyslogReceiver> {
  const { most = Number.POSITIVE_INFINITY, tls, neverEnds = false } = options;
  const messages: Buffer[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const take = (socket: Socket): void => {
    connections++;
    sockets.add(socket);
    let rest: Buffer = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      const got = unframed(Buffer.concat([rest, chunk]));
      rest = got.rest;
      for (const message of got.messages) {
        if (messages.length < most) messages.push(message);
        else kill();
      }
    });
    socket.on('end', () => {
      if (!neverEnds) socket.end();
    });
  };
  const server =
    tls === undefined
      ? createServer({ allowHalfOpen: true }, take)
      : createTlsServer(
          {
            allowHalfOpen: true,
            cert: readFileSync(tls.own.cert),
            key: readFileSync(tls.own.key),
            ...(tls.clientsBy === undefined
              ? {}
              : { ca: readFileSync(tls.clientsBy.cert), requestCert: true, rejectUnauthorized: true }),
          },
          take,
        );
  // Those whose handshake failed never come to `take`.
  const unshaken = new Set<Socket>();
  server.on('connection', (raw: Socket) => {
    unshaken.add(raw);
    raw.on('close', () => unshaken.delete(raw));
  });
  const closed = once(server, 'close');
  const kill = (): void => {
    for (const socket of sockets) socket instanceof TLSSocket ? socket.destroy() : socket.resetAndDestroy();
    for (const raw of unshaken) raw.destroy();
    if (server.listening) server.close();
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    messages: () => messages,
    ids: () => messages.map((m) => parseSyslog(m).elements.get('kvitto@32473')?.get('id') ?? ''),
    connections: () => connections,
    stop: async () => {
      kill();
      await closed;
    },
  };
}
