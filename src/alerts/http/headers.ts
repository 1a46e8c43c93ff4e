import { CodedError } from '../../model/errors.ts';
import { Secret } from '../config/secret.ts';
import type { Endpoint } from './endpoint.ts';
import type { Veil } from './veil.ts';

/**
 * Headers that every request of a delivery has, with names in small letters. Throws `config-invalid` where a secret is missing, or is none that
 * a header may hold.
 */
export function headersOf({ auth, headers = {} }: Endpoint, tool: string, veil: Veil): Record<string, string> {
  const told: Record<string, string> = Object.create(null);
  // An answer that is compressed could be a thousand times as long as it looks.
  Object.assign(told, { 'user-agent': tool, 'accept-encoding': 'identity' });
  const put = (name: string, value: string, hidden: boolean): void => {
    if (hidden) veil.hide(value);
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw new CodedError('config-invalid', `the header ${name} of a sink would hold characters that none may hold`, {
        remedy: 'the secret must be one line; printf writes one without its end',
      });
    }
    told[name] = value;
  };
  for (const [name, value] of Object.entries(headers)) {
    if (value instanceof Secret) put(name.toLowerCase(), value.reveal(), true);
    else put(name.toLowerCase(), value, false);
  }
  if (auth === undefined) return told;
  const authorization = (scheme: string, secret: string): void => {
    veil.hide(secret);
    put('authorization', `${scheme} ${secret}`, true);
  };
  if ('bearer' in auth) authorization('Bearer', auth.bearer.reveal());
  else if ('apiKey' in auth) authorization('ApiKey', auth.apiKey.reveal());
  else {
    const password = auth.password.reveal();
    veil.hide(password);
    authorization('Basic', Buffer.from(`${auth.user}:${password}`).toString('base64'));
  }
  return told;
}
