import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** A receiver that does a delivery no good. They know no protocol, so that they are none of any sink's. */
export interface BadReceiver {
  readonly port: number;
  stop(): Promise<void>;
}

/** What it does with each connection. */
export type Answer = (socket: Socket) => void;

/** Sends back what came, as the body of an answer: with the secrets in it. */
function echoing(status: string): Answer {
  return (socket) => {
    let got = '';
    let timer: NodeJS.Timeout | null = null;
    socket.on('data', (chunk: Buffer) => {
      got = (got + chunk.toString('latin1')).slice(0, 60_000);
      if (timer !== null) clearTimeout(timer);
      timer = setTimeout(() => {
        const body = Buffer.from(got, 'latin1');
        socket.write(`HTTP/1.1 ${status}\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\n\r\n`);
        socket.end(body);
      }, 20);
    });
  };
}

/** Those that can never have taken anything, and what follows them. */
export const badReceivers: Readonly<Record<string, Answer>> = {
  'closes at once': (socket) => socket.destroy(),
  'sends bytes without sense': (socket) => {
    socket.on('data', () => undefined);
    socket.end(Buffer.from(Array.from({ length: 3000 }, (_, index) => (index * 131 + 7) % 256)));
  },
  'says that it failed': echoing('500 Internal Server Error'),
  'is not available': echoing('503 Service Unavailable'),
  'asks for patience': (socket) => {
    socket.once('data', () =>
      socket.end('HTTP/1.1 429 Too Many Requests\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n'),
    );
  },
  'lets nobody in': echoing('401 Unauthorized'),
  'leads elsewhere': (socket) => {
    socket.once('data', () =>
      socket.end('HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n'),
    );
  },
};

/** Takes everything and never answers. */
export const silent: Answer = (socket) => {
  socket.on('data', () => undefined);
};

/** Says yes and then breaks off, or never ends: whether that confirms anything is the protocol's matter. */
export const doubtful: Readonly<Record<string, Answer>> = {
  'answers half': (socket) => {
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{"a'));
  },
  'never ends its answer': (socket) => {
    const chunk = Buffer.alloc(65_536, 'x');
    const pour = (): void => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n');
      socket.on('drain', pour);
      pour();
    });
  },
  'sends back what came': echoing('200 OK'),
  'does not like what came': echoing('400 Bad Request'),
};

/** Listens on a free port of this machine. */
export async function startBadReceiver(answer: Answer): Promise<BadReceiver> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    answer(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const { port, stop } = await startBadReceiver(() => undefined);
  await stop();
  return port;
}
