import { readFileSync, statSync } from 'node:fs';
import type { Documents } from '../ledger/documents.ts';
import { CodedError, messageOf } from '../model/errors.ts';
import type { Digest } from '../model/inventory.ts';
import { clip } from '../model/problem.ts';
import { cleanAddress } from './clean-address.ts';

const mostBytes = 10 * 1024 * 1024;

/** What `--evidence FILE|URL` names: an address, cleaned of secrets, or a file, which is kept as a document of the ledger. */
export async function evidenceOf(
  given: readonly string[],
  documents: Documents,
): Promise<{ url: string | null; document: Digest | null }[]> {
  const found = [];
  for (const text of given) {
    if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
      const url = cleanAddress(text);
      if (url === null) {
        throw new CodedError('usage', `--evidence ${clip(text, 100)}: no address that can be kept`, {
          remedy: 'https://… with at most 1000 characters, or a file',
        });
      }
      found.push({ url, document: null });
    } else {
      found.push({ url: null, document: await documents.put(read(text)) });
    }
  }
  return found;
}

function read(file: string): Uint8Array {
  const failed = (why: string, cause?: unknown) =>
    new CodedError('usage', `--evidence ${clip(file)}: ${why}`, {
      remedy: 'name a file of at most 10 MiB that this user may read, or an address',
      ...(cause !== undefined && { cause }),
    });
  let size: number;
  try {
    const found = statSync(file);
    if (!found.isFile()) throw new Error('is no file');
    size = found.size;
    if (size <= mostBytes) return readFileSync(file);
  } catch (thrown) {
    throw failed(messageOf(thrown), thrown);
  }
  throw failed(`has ${size} bytes, more than 10 MiB`);
}
