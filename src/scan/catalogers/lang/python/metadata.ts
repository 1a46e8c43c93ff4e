import type { Extractor } from '../../../cataloger.ts';
import { joined } from '../../kept-bytes.ts';

/** What is kept of a `METADATA` or `PKG-INFO`. https://packaging.python.org/en/latest/specifications/core-metadata/ */
export interface Metadata {
  readonly name: string | null;
  readonly version: string | null;
  readonly licenses: readonly string[];
  /** `Requires-Dist` lines without those of extras. */
  readonly requires: readonly string[];
}

const mostHeaderBytes = 256 * 1024;
const lineEnd = 0x0a;
const carriageReturn = 0x0d;

/** For `extract`: keeps the headers up to the first empty line; the description that follows can be megabytes. */
export function keepHeaders(): Extractor {
  const chunks: Uint8Array[] = [];
  let size = 0;
  let lineIsEmpty = true;
  return {
    push(chunk) {
      let end = 0;
      for (; end < chunk.length; end++) {
        const byte = chunk[end];
        if (byte === lineEnd && lineIsEmpty && size + end > 0) break;
        if (byte !== carriageReturn) lineIsEmpty = byte === lineEnd;
      }
      // Not `slice`: that of a Buffer does not copy.
      const part = new Uint8Array(chunk.subarray(0, Math.min(end, mostHeaderBytes - size)));
      chunks.push(part);
      size += part.length;
      return end === chunk.length && size < mostHeaderBytes;
    },
    end: () => joined(chunks),
  };
}

/** Reads the headers. Bytes that are not UTF-8 (old authors' names) are replaced: the fields that count are ASCII. */
export function readMetadata(bytes: Uint8Array): Metadata {
  let name: string | null = null;
  let version: string | null = null;
  let expression: string | null = null;
  let license: string | null = null;
  const classifiers: string[] = [];
  const requires: string[] = [];
  for (const line of new TextDecoder().decode(bytes).split('\n')) {
    const colon = line.indexOf(':');
    // A continuation line starts with a blank; no field that counts has one of use.
    if (colon <= 0 || line.startsWith(' ') || line.startsWith('\t')) continue;
    const value = line.slice(colon + 1).trim();
    const field = line.slice(0, colon).toLowerCase();
    if (field === 'name') name ??= value;
    else if (field === 'version') version ??= value;
    else if (field === 'license-expression') expression ??= value;
    else if (field === 'license') license ??= value;
    else if (field === 'classifier' && value.startsWith('License ::')) classifiers.push(value);
    else if (field === 'requires-dist' && requires.length < 2000) requires.push(value);
  }
  return { name, version, licenses: licensesOf(expression, license, classifiers), requires };
}

/** The SPDX expression where there is one, else the classifiers' last words, else the first line of free text. */
function licensesOf(expression: string | null, license: string | null, classifiers: readonly string[]): string[] {
  if (expression !== null && expression !== '') return [expression.slice(0, 200)];
  if (license !== null && license !== '' && license !== 'UNKNOWN') return [license.slice(0, 200)];
  return classifiers.slice(0, 20).map((text) =>
    text
      .slice(text.lastIndexOf('::') + 2)
      .trim()
      .slice(0, 200),
  );
}
