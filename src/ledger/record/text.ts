import { randomBytes } from 'node:crypto';
import { maxStatementTextLength } from '../../model/decision.ts';
import { CodedError } from '../../model/errors.ts';
import type { Digest } from '../../model/inventory.ts';
import { canonicalJson } from '../../tlog/canonical-json.ts';
import type { TextDocument } from '../document-shapes.ts';
import type { Documents } from '../documents.ts';

/** In UTF-16 units: some pages, and what a VEX document may say as well. What is longer is evidence, and belongs into a file. */
const longest = maxStatementTextLength;

/** What steers a terminal or turns the direction of writing. Joiners and soft hyphens belong to the writing of many languages. */
export const unprintable = /[\p{Cc}--[\n\t]]|[\p{Cf}--[\u{ad}\u{200c}\u{200d}]]|[\p{Cs}\p{Zl}\p{Zp}]/v;

/** Words as a person gave them, fit to be kept. Throws `usage` naming `option`. */
export function checkText(text: string, option: string): string {
  const clean = text.normalize('NFC').replace(/\r\n?/g, '\n').trim();
  if (clean.length > longest) {
    throw new CodedError('usage', `${option} is longer than ${longest} characters (${clean.length})`, {
      remedy: 'write a short reason, and give the rest as a file with --evidence',
    });
  }
  if (clean === '') throw new CodedError('usage', `${option} is empty`, { remedy: 'say in a sentence why' });
  if (unprintable.test(clean))
    throw new CodedError('usage', `${option} has control characters`, { remedy: 'write plain text' });
  return clean;
}

/** Keeps words in a document of their own, so that they can be forgotten. */
export async function putTexts(
  documents: Documents,
  texts: readonly Readonly<Record<string, string>>[],
): Promise<Digest> {
  const document: TextDocument = { schema: 'kvitto-text-1', salt: randomBytes(16).toString('hex'), texts };
  return await putJson(documents, document);
}

/** Keeps a value as canonical JSON. */
export async function putJson(documents: Documents, value: object): Promise<Digest> {
  return await documents.put(Buffer.from(canonicalJson(value as never)));
}
