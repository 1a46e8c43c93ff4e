import { z } from 'zod';
import { CodedError } from '../../model/errors.ts';
import { Secret, secret } from '../config/secret.ts';

const longest = 4096;
const words = 'expected an address that begins with https:// or http://';

function parsed(text: string): URL | null {
  const url = text.length <= longest ? URL.parse(text) : null;
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:') && url.host !== '' ? url : null;
}

function hasLogin(url: URL): boolean {
  return url.username !== '' || url.password !== '';
}

const written = z
  .string()
  .refine((text) => parsed(text) !== null, words)
  .refine((text) => {
    const url = parsed(text);
    return url === null || !hasLogin(url);
  }, 'user and password do not stand in an address: write them under auth')
  .transform((text) => new URL(text));

/** An http or https address in kvitto.yaml, without user and password. One that is itself a secret is `{ env: NAME }` or `{ file: PATH }`. */
export const address = z.union([written, secret], words);

export type Address = z.output<typeof address>;

/**
 * The address, read anew where it is a secret. Throws `config-invalid` where that holds none. A proxy's may have user and password, where it
 * is a secret.
 */
export function urlOf(from: Address, use: 'receiver' | 'proxy' = 'receiver'): URL {
  if (!(from instanceof Secret)) return new URL(from);
  const url = parsed(from.reveal());
  if (url === null) throw new CodedError('config-invalid', 'the secret address of a sink is no http or https address');
  if (use === 'receiver' && hasLogin(url)) {
    throw new CodedError('config-invalid', 'the secret address of a sink holds user and password', {
      remedy: 'write them under auth',
    });
  }
  return url;
}

/** What a message may say of an address: scheme, host and port. Path and query may be secrets. */
export function placeOf(url: URL): string {
  return url.origin;
}

/** The address of an interface below a base that the user wrote, with or without that path at its end. */
export function below(base: URL, path: string): URL {
  const url = new URL(base);
  const stem = url.pathname.replace(/\/$/, '');
  url.pathname = stem.endsWith(path) ? stem : `${stem}${path}`;
  return url;
}
