// A door before a receiver: shut, nobody gets in, and who was inside is thrown out in the middle of a word.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

export interface Door {
  /** Where the door is. The same, open or shut. */
  readonly port: number;
  open(): Promise<void>;
  shut(): Promise<void>;
}

/** Below those that the system gives to clients: one of them could take the place of a door that is shut. */
const [lowest, highest] = [21_000, 31_000];
const mostTries = 200;
/** Of doors that are shut too. */
const given = new Set<number>();

/** A door that is shut, before a receiver on a port of this machine. It passes on bytes, and which side has ended. */
export async function doorBefore(inner: number): Promise<Door> {
  const sockets = new Set<Socket>();
  let server: Server | null = null;
  const serve = () =>
    createServer({ allowHalfOpen: true }, (outside) => {
      const inside = connect({ port: inner, host: '127.0.0.1', allowHalfOpen: true });
      for (const [socket, other] of [
        [outside, inside],
        [inside, outside],
      ] as const) {
        sockets.add(socket);
        socket.setNoDelay(true);
        socket.on('error', () => other.destroy());
        socket.on('close', () => {
          sockets.delete(socket);
          if (!socket.readableEnded) other.destroy();
        });
        socket.pipe(other);
      }
    });
  const listen = async (port: number): Promise<boolean> => {
    const opened = serve();
    const listening = once(opened, 'listening');
    opened.listen(port, '127.0.0.1');
    try {
      await listening;
    } catch {
      return false;
    }
    server = opened;
    return true;
  };
  const shut = async (): Promise<void> => {
    const running = server;
    server = null;
    if (running === null) return;
    const closed = once(running, 'close');
    running.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  for (let tries = 0; tries < mostTries; tries++) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (given.has(port) || !(await listen(port))) continue;
    given.add(port);
    await shut();
    const open = async () => {
      if (server === null && !(await listen(port))) throw new Error(`somebody took port ${port}`);
    };
    return { port, open, shut };
  }
  throw new Error(`no free port from ${lowest} to ${highest}`);
}
