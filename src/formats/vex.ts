import { CodedError } from '../model/errors.ts';
import { clip } from '../model/problem.ts';
import { jsonDocument } from './json-document.ts';
import { asObject, textAt } from './json-values.ts';
import type { VexDocument, VexFormat } from './vex-format.ts';

/** Largest VEX document that is read: the largest published ones have about 20 MiB. */
export const maxVexSizeBytes = 64 * 1024 * 1024;

const remedy = 'give VEX as OpenVEX (0.0.1 to 0.2.0), CSAF VEX (2.0, 2.1) or CycloneDX JSON (1.4 to 1.7)';

/**
 * Reads a VEX document of any of the kinds, told by its content. `name` is what the user called it. Throws
 * `limit-exceeded` above `maxVexSizeBytes`, and `document-invalid` for what is no JSON or no VEX.
 */
export function readVex(
  bytes: Uint8Array,
  name: string,
  formats: readonly VexFormat[],
): VexDocument & { readonly format: string } {
  const document = jsonDocument(bytes, name, maxVexSizeBytes, remedy);
  for (const format of formats) {
    if (format.recognises(document)) return { format: format.id, ...format.read(document, name) };
  }
  throw new CodedError('document-invalid', `${clip(name)} is JSON, but no VEX document${nearly(document)}`, { remedy });
}

function nearly(document: unknown): string {
  const object = asObject(document);
  if (textAt(object, 'bomFormat') === 'CycloneDX') return ' (it is an SBOM without vulnerabilities)';
  if (textAt(object, 'spdxVersion') !== null) return ' (it is an SBOM in SPDX)';
  return '';
}
