import type { Socket } from 'node:net';
import type { SyslogSettings } from './settings.ts';
import { openStream } from './stream.ts';

/** The receiver did something that no system error says. The message is for people. */
export class ReceiverFault extends Error {}

/**
 * Sends bytes over a connection of their own and ends it in order. Syslog has no acknowledgement. So it counts as received when the receiver, which has
 * then read everything up to our end, ends its side too and still takes a connection afterwards: a process that was killed ends its connections too, but
 * answers no more. Rejects with what went wrong; then all of it may have been received, or a part.
 */
export async function sendOverStream(bytes: Buffer, settings: SyslogSettings, signal: AbortSignal): Promise<void> {
  const started = performance.now();
  const socket = await openStream(settings, signal);
  try {
    await settled(socket, Math.min(mostSettleMs, Math.max(leastSettleMs, 2 * (performance.now() - started))));
    await sendAndEnd(socket, bytes, settings);
  } finally {
    socket.destroy();
  }
  if (settings.confirm !== 'close') return;
  const again = await openStream(settings, signal).catch((cause: unknown) => {
    throw new ReceiverFault('the receiver ended while it was sent to, and may have lost what it took', { cause });
  });
  again.destroySoon();
}

/*
 * Who takes connections only to close them would seem to have read to our end: a balancer with nothing behind it, and in TLS 1.3 a receiver that refuses our
 * certificate, which it says when for us the handshake is over. Both do it at once, so it is known here after the time of a way there and back.
 */
const leastSettleMs = 30;
const mostSettleMs = 500;

async function settled(socket: Socket, ms: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const closed = () => reject(new ReceiverFault('the receiver closed the connection at once'));
  const timer = setTimeout(resolve, ms);
  socket.on('error', reject);
  socket.once('end', closed);
  socket.once('close', closed);
  socket.on('data', () => reject(new ReceiverFault(talks)));
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    socket.off('end', closed);
    socket.off('close', closed);
  }
}

const talks = 'what listens there answers, which no syslog receiver does: is this its port?';

function sendAndEnd(socket: Socket, bytes: Buffer, { confirm, timeoutSeconds }: SyslogSettings): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let isSent = false;
  socket.on('error', reject);
  socket.once('end', () => {
    if (isSent) resolve();
    else
      reject(
        new ReceiverFault(
          'the receiver ended the connection before it had everything: a message may be longer than it takes',
        ),
      );
  });
  socket.once('close', () => reject(new ReceiverFault('the connection was closed before it had everything')));
  // Nothing comes from a syslog receiver; read all the same, or its end is not seen.
  socket.on('data', () => reject(new ReceiverFault(talks)));
  socket.setTimeout(timeoutSeconds * 1_000, () => {
    const words = isSent
      ? `the receiver did not end the connection within ${timeoutSeconds} s after everything was sent: where it never does, set confirm: sent`
      : `the receiver takes nothing: no progress for ${timeoutSeconds} s`;
    socket.destroy(new ReceiverFault(words));
  });
  socket.end(bytes, () => {
    isSent = true;
    if (confirm === 'sent') resolve();
  });
  return promise;
}
