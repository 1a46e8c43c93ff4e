import { createHmac } from 'node:crypto';
import { CodedError } from '../../../model/errors.ts';

const prefix = 'whsec_';
const leastBytes = 24;
const mostBytes = 64;

/** The key in a secret of Standard Webhooks: `whsec_` and 24 to 64 bytes in Base64. Throws `config-invalid`, without the secret. */
export function keyOf(secret: string): Buffer {
  const text = secret.startsWith(prefix) ? secret.slice(prefix.length) : '';
  const key = Buffer.from(text, 'base64');
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(text);
  if (isBase64 && key.length >= leastBytes && key.length <= mostBytes) return key;
  throw new CodedError('config-invalid', 'the secret of a webhook is not whsec_ and 24 to 64 bytes in Base64', {
    remedy: 'make one: echo "whsec_$(openssl rand -base64 32)"',
  });
}

/**
 * Headers that prove who sent a body, and when: `webhook-id`, `webhook-timestamp` (seconds) and `webhook-signature`, HMAC-SHA256 over
 * the three, once for each key. https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export function signatureHeaders(
  id: string,
  body: string,
  keys: readonly Uint8Array[],
  now: Date,
): Record<string, string> {
  const seconds = String(Math.floor(now.getTime() / 1000));
  const signed = `${id}.${seconds}.${body}`;
  const signatures = keys.map((key) => `v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': signatures.join(' ') };
}
