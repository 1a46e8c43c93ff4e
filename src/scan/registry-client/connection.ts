import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext, getCACertificates } from 'node:tls';
import type { Dispatcher } from 'undici';
import { CodedError, messageOf } from '../../model/errors.ts';
import type { SourceOptions } from '../source.ts';

export type ConnectionOptions = Pick<SourceOptions, 'caFile' | 'insecure' | 'env' | 'idleTimeoutMs'>;

const connectTimeoutMs = 10_000;

/**
 * What opens the connections to registries: certificates of Node, of the system and of `caFile`, proxies from
 * `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` of the given environment. Opens no connection by itself.
 * Throws `usage` where the file of certificates is of no use.
 */
export async function openDispatcher(options: ConnectionOptions): Promise<Dispatcher> {
  const { env, insecure, idleTimeoutMs } = options;
  const tls = insecure ? { rejectUnauthorized: false } : { secureContext: await trust(options.caFile) };
  // Loaded only here: it takes longer than all else that a scan of a local file needs.
  const { Agent, EnvHttpProxyAgent } = await import('undici');
  const timeout = Math.min(connectTimeoutMs, idleTimeoutMs);
  const common = {
    allowH2: false,
    headersTimeout: idleTimeoutMs,
    bodyTimeout: idleTimeoutMs,
    connect: { ...tls, timeout },
  };
  const httpProxy = env['http_proxy'] || env['HTTP_PROXY'] || '';
  const httpsProxy = env['https_proxy'] || env['HTTPS_PROXY'] || '';
  if (httpProxy === '' && httpsProxy === '') return new Agent(common);
  try {
    return new EnvHttpProxyAgent({
      ...common,
      httpProxy,
      httpsProxy,
      // No proxy leads back to this machine; Docker leaves it out in the same way.
      noProxy: `${env['no_proxy'] || env['NO_PROXY'] || ''},localhost,127.0.0.1,::1`,
      requestTls: { ...tls, timeout },
      proxyTls: { ...tls, timeout },
    });
  } catch {
    // The message would quote the address, which may hold a password.
    throw new CodedError('usage', 'HTTP_PROXY or HTTPS_PROXY is not the address of a proxy.', {
      remedy: 'Write it as http://host:port.',
    });
  }
}

async function trust(caFile: string | null) {
  const own = caFile === null ? [] : await readCertificates(caFile);
  return createSecureContext({
    ca: [...new Set([...getCACertificates('default'), ...getCACertificates('system'), ...own])],
  });
}

async function readCertificates(file: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    throw new CodedError('usage', `--ca-file ${file}: cannot be read: ${messageOf(cause)}.`, {
      remedy: 'Name a file with certificates in PEM form that this user may read.',
      cause,
    });
  }
  const blocks = text.split('-----BEGIN CERTIFICATE-----').slice(1);
  if (blocks.length === 0) {
    throw new CodedError('usage', `--ca-file ${file}: holds no certificate in PEM form.`, {
      remedy: 'Convert it: openssl x509 -in FILE -inform DER -out ca.pem',
    });
  }
  const certificates = blocks.map((block) => `-----BEGIN CERTIFICATE-----${block}`);
  try {
    // TLS would pass over a damaged one without a word.
    for (const certificate of certificates) new X509Certificate(certificate);
  } catch (cause) {
    throw new CodedError('usage', `--ca-file ${file}: holds a damaged certificate: ${messageOf(cause)}.`, {
      remedy: 'Export it again, in PEM form.',
      cause,
    });
  }
  return certificates;
}
