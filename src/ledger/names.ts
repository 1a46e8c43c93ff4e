import { CodedError } from '../model/errors.ts';
import { clip } from '../model/problem.ts';

const shape = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._/:@+-]*$/u;
const longest = 128;

/**
 * A name of a service, environment, role or owner as it stands in the ledger: NFC, so that what looks the same is the same.
 * Throws `usage` naming `option` for anything that could be taken for something else in a table, a page or a shell.
 */
export function checkName(text: string, option: string): string {
  const name = text.normalize('NFC');
  if (name.length <= longest && shape.test(name)) return name;
  const why =
    name === ''
      ? 'is empty'
      : name.length > longest
        ? `is longer than ${longest} characters`
        : 'has characters that a name cannot have';
  throw new CodedError('usage', `${option} ${why}: ${clip(text, 60)}`, {
    remedy: 'letters and digits of any language, then also . _ / : @ + and -, without spaces',
  });
}
