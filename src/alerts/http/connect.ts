import { readFile } from 'node:fs/promises';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import { CodedError, messageOf } from '../../model/errors.ts';
import { urlOf } from './address.ts';
import type { Endpoint } from './endpoint.ts';
import type { Veil } from './veil.ts';

const connectTimeoutMs = 10_000;

/** What opens the connections of one delivery. Throws `config-invalid` where a file or secret is of no use. Opens nothing by itself. */
export async function openDispatcher(settings: Endpoint, veil: Veil): Promise<Dispatcher> {
  const timeoutMs = settings.timeout;
  const { serverName } = settings.tls ?? {};
  const connect = {
    secureContext: await contextOf(settings.tls ?? {}, veil),
    timeout: Math.min(connectTimeoutMs, timeoutMs),
    ...(serverName === undefined ? {} : { servername: serverName }),
  };
  const limits = { allowH2: false, connections: 1, pipelining: 1, headersTimeout: timeoutMs, bodyTimeout: timeoutMs };
  if (settings.proxy === undefined) return new Agent({ ...limits, connect });
  const proxy = urlOf(settings.proxy, 'proxy');
  veil.hideAddress(proxy);
  return new ProxyAgent({
    ...limits,
    uri: proxy.href,
    requestTls: connect,
    // The receiver's authority, client certificate and name are no business of the proxy.
    proxyTls: { secureContext: trustOfSystem(), timeout: connect.timeout },
  });
}

type Tls = NonNullable<Endpoint['tls']>;

/** Whom to trust, and as whom to come. Throws `config-invalid` where a file is of no use. */
export async function contextOf({ ca, cert, key }: Tls, veil: Veil): Promise<SecureContext> {
  if (ca === undefined && cert === undefined && key === undefined) return trustOfSystem();
  const privateKey = key?.reveal();
  if (privateKey !== undefined) veil.hide(privateKey);
  try {
    return createSecureContext({
      ca: ca === undefined ? authorities() : await certificates(ca, 'tls.ca'),
      ...(cert === undefined ? {} : { cert: await certificates(cert, 'tls.cert') }),
      ...(privateKey === undefined ? {} : { key: privateKey }),
    });
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    // The cause may quote what it could not read, which may be the key.
    throw new CodedError(
      'config-invalid',
      'tls: the certificate and the key of a sink are damaged or do not belong together',
      {
        remedy: 'check them: openssl x509 -in CERT -noout -pubkey; openssl pkey -in KEY -pubout',
      },
    );
  }
}

async function certificates(file: string, setting: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new CodedError('config-invalid', `${setting}: ${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
  // TLS passes over a file without certificates in silence, and then trusts nobody.
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new CodedError('config-invalid', `${setting}: ${file} holds no certificate in PEM form`);
}

function authorities(): string[] {
  return [...new Set([...getCACertificates('default'), ...getCACertificates('system')])];
}

let ofSystem: SecureContext | null = null;

/** Made once: it takes longer than a delivery. */
function trustOfSystem(): SecureContext {
  ofSystem ??= createSecureContext({ ca: authorities() });
  return ofSystem;
}
