import { readFileSync } from 'node:fs';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import { CodedError, messageOf } from '../../../model/errors.ts';
import type { SyslogSettings } from './settings.ts';

/** Sessions to take up again, so that a delivery need not begin with a whole handshake. Forgotten with the settings. */
const sessions = new WeakMap<SyslogSettings, Buffer>();

/** The name that a certificate must have. */
export function peerName({ host, tls }: SyslogSettings): string {
  return tls?.serverName ?? host;
}

/** An open connection to a receiver, its certificate checked. Rejects with what the system says, and throws `config-invalid` for files that cannot be read. */
export async function openStream(settings: SyslogSettings, signal: AbortSignal): Promise<Socket> {
  signal.throwIfAborted();
  const { host, port, transport } = settings;
  const socket =
    transport === 'tls' ? connectTls(tlsOptions(settings)) : connectTcp({ host, port, allowHalfOpen: true });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stop = () => socket.destroy(new Error('given up'));
  signal.addEventListener('abort', stop, { once: true });
  socket.once('close', () => {
    signal.removeEventListener('abort', stop);
    reject(new Error('the connection was closed before it was open'));
  });
  socket.on('error', reject);
  socket.once(transport === 'tls' ? 'secureConnect' : 'connect', resolve);
  const late = () => socket.destroy(Object.assign(new Error('no progress'), { code: 'ETIMEDOUT' }));
  socket.setTimeout(settings.timeoutSeconds * 1_000);
  socket.once('timeout', late);
  if (transport === 'tls') (socket as TLSSocket).on('session', (session) => sessions.set(settings, session));
  await promise;
  socket.off('timeout', late);
  return socket;
}

/** `allowHalfOpen`: Node passes it on to the socket that it makes (https://nodejs.org/api/tls.html#tlsconnectoptions-callback). */
function tlsOptions(settings: SyslogSettings): ConnectionOptions & { readonly allowHalfOpen: true } {
  const { host, port, tls } = settings;
  const name = peerName(settings);
  const session = sessions.get(settings);
  return {
    host,
    port,
    allowHalfOpen: true,
    minVersion: 'TLSv1.2',
    ...(isIP(name) === 0 ? { servername: name } : {}),
    ...(tls?.ca === undefined ? {} : { ca: readPem(tls.ca) }),
    ...(tls?.cert === undefined ? {} : { cert: readPem(tls.cert) }),
    ...(tls?.key === undefined ? {} : { key: tls.key.reveal() }),
    ...(session === undefined ? {} : { session }),
  };
}

/** Read for each connection: certificates are renewed while a watch runs. */
function readPem(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new CodedError('config-invalid', `the certificate in ${path} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
