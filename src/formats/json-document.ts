import { CodedError, messageOf } from '../model/errors.ts';
import { clip } from '../model/problem.ts';

/**
 * The value of a JSON document. `name` is what the user called it, `remedy` what to give instead of what is none. Throws
 * `limit-exceeded` above `mostBytes`, and `document-invalid` for what is no JSON in UTF-8. The input may be an attacker's.
 */
export function jsonDocument(bytes: Uint8Array, name: string, mostBytes: number, remedy: string): unknown {
  if (bytes.byteLength > mostBytes)
    throw new CodedError('limit-exceeded', `${clip(name)} is larger than ${mostBytes / 1024 / 1024} MiB`);
  let text: string;
  try {
    // Takes away the byte order mark, too.
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new CodedError('document-invalid', `${clip(name)} is not UTF-8 text`, { remedy });
  }
  const start = text.slice(0, 4096).trimStart();
  const other = otherKind(start);
  if (other !== null)
    throw new CodedError('document-invalid', `${clip(name)} is ${other}; only JSON is read`, { remedy });
  try {
    return JSON.parse(text);
  } catch (cause) {
    const where = clip(messageOf(cause), 120);
    throw new CodedError('document-invalid', `${clip(name)} is not JSON: ${where}`, { remedy, cause });
  }
}

function otherKind(start: string): string | null {
  if (start === '') return 'empty';
  if (start.startsWith('<')) return 'XML';
  if (/^(?:#[^\n]*\n\s*)*SPDXVersion:/.test(start)) return 'SPDX tag-value';
  if (start.startsWith('PK\u0003\u0004')) return 'a zip archive';
  return null;
}
