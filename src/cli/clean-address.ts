import { CodedError } from '../model/errors.ts';
import { clip } from '../model/problem.ts';

const longest = 1000;
const protocols = new Set(['http:', 'https:', 'git+http:', 'git+https:', 'git+ssh:']);
const secretName = /token|secret|passw|pwd|key|sig|auth|credential|session|jwt|code|^x-(?:amz|goog)-/i;
// A JSON Web Token, wherever it stands: https://www.rfc-editor.org/rfc/rfc7519
const secretValue = /eyJ[\w-]{8,}\.[\w-]{8,}/;
const key = /^[\p{L}\p{N}#][\p{L}\p{M}\p{N}._/#-]*$/u;
const longestKey = 200;

/**
 * An address as it may stand in the log for ever: without user, password and what looks like a secret in query or fragment.
 * Null for anything that is no address of the web or of a repository, or is too long.
 */
export function cleanAddress(text: string): string | null {
  if (text.length > longest * 4) return null;
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    return null;
  }
  if (!protocols.has(url.protocol) || url.host === '') return null;
  url.username = '';
  url.password = '';
  for (const [name, value] of [...url.searchParams]) {
    if (secretName.test(name) || secretValue.test(value)) url.searchParams.delete(name);
  }
  if (secretValue.test(url.hash) || (url.hash.includes('=') && secretName.test(url.hash))) url.hash = '';
  const { href } = url;
  return href.length <= longest && !secretValue.test(href) ? href : null;
}

/** What `--change` names: an address, cleaned, or the key of a ticket (`OPS-1234`, `#17`). Throws `usage`. */
export function changeOf(text: string): string {
  const address = cleanAddress(text);
  if (address !== null) return address;
  const name = text.normalize('NFC').trim();
  if (name.length <= longestKey && key.test(name)) return name;
  throw new CodedError('usage', `--change ${clip(text, 100)}: neither an address nor the key of a ticket`, {
    remedy: `https://… of the change with at most ${longest} characters, or a key as OPS-1234`,
  });
}
