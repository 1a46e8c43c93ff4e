import { createHash } from 'node:crypto';
import { CodedError } from '../model/errors.ts';
import type { Digest, Inventory } from '../model/inventory.ts';
import { clip } from '../model/problem.ts';
import type { Format } from './format.ts';
import { jsonDocument } from './json-document.ts';
import { asObject } from './json-values.ts';

/** Largest document that is read. */
export const maxDocumentSizeBytes = 256 * 1024 * 1024;

const remedy = 'give an SBOM as CycloneDX JSON (1.2 to 1.7) or SPDX JSON (2.2, 2.3, 3.0)';

/**
 * Reads the bytes of an SBOM into an inventory. `name` is what the user called it, `-` for standard input. Throws
 * `limit-exceeded` for more than `maxDocumentSizeBytes`, and `document-invalid` for what is no JSON or no SBOM.
 */
export function readDocument(bytes: Uint8Array, name: string, formats: readonly Format[]): Inventory {
  const document = jsonDocument(bytes, name, maxDocumentSizeBytes, remedy);
  const hex = createHash('sha256').update(bytes).digest('hex');
  const digest: Digest = `sha256:${hex}`;
  for (const format of formats) {
    if (format.parse !== undefined && format.recognises?.(document) === true)
      return format.parse(document, name, digest);
  }
  throw new CodedError('document-invalid', `${clip(name)} is JSON, but no SBOM${nearly(document)}`, { remedy });
}

/** Reports of other tools that are often mistaken for an SBOM, with the flag that makes one. */
function nearly(document: unknown): string {
  const object = asObject(document);
  if (object === null) return '';
  if (Object.hasOwn(object, 'artifacts') && Object.hasOwn(object, 'descriptor'))
    return ' (it looks like the JSON of Syft: use -o cyclonedx-json)';
  if (Object.hasOwn(object, 'Results') && Object.hasOwn(object, 'ArtifactName'))
    return ' (it looks like the JSON of Trivy: use --format cyclonedx)';
  return '';
}
