import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import type { SyslogSettings } from './settings.ts';

/**
 * Sends each message in a datagram (RFC 5426). How many the network took, and what the next one met, null where all went: nobody says whether they arrived.
 * Where the receiver's machine says that nothing listens, that is noticed with a later one.
 */
export async function sendDatagrams(
  messages: readonly Buffer[],
  { host, port }: SyslogSettings,
  signal: AbortSignal,
): Promise<{ readonly sent: number; readonly error: unknown }> {
  let sent = 0;
  let socket: ReturnType<typeof createSocket> | null = null;
  try {
    signal.throwIfAborted();
    const { address, family } = await lookup(host);
    socket = createSocket(family === 6 ? 'udp6' : 'udp4');
    const { promise: failed, reject } = Promise.withResolvers<never>();
    failed.catch(() => undefined);
    socket.on('error', reject);
    const open = socket;
    await Promise.race([new Promise<void>((resolve) => open.connect(port, address, () => resolve())), failed]);
    for (const message of messages) {
      signal.throwIfAborted();
      const gone = new Promise<void>((resolve, refuse) =>
        open.send(message, (e) => (e === null ? resolve() : refuse(e))),
      );
      await Promise.race([gone, failed]);
      sent++;
    }
    return { sent, error: null };
  } catch (error) {
    return { sent, error };
  } finally {
    socket?.close();
  }
}
