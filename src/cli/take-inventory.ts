import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { allFormats } from '../formats/all.ts';
import { maxDocumentSizeBytes, readDocument } from '../formats/read-document.ts';
import { CodedError, messageOf } from '../model/errors.ts';
import type { Inventory } from '../model/inventory.ts';
import { allCatalogers } from '../scan/catalogers/all.ts';
import { resolveTarget } from '../scan/resolve-target.ts';
import { scan } from '../scan/scan.ts';
import type { SourceOptions } from '../scan/source.ts';
import { allSources } from '../scan/sources/all.ts';

/** What is looked at in a target, besides how it is opened. */
export interface InventoryOptions {
  readonly source: SourceOptions;
  readonly includeDev: boolean;
  readonly skipDirs: readonly string[];
  readonly skipFiles: readonly string[];
}

/** The inventory of whatever a target means: an image, a folder, or an SBOM (`sbom:FILE`, a `.json` file, `-`). */
export async function takeInventory(target: string, options: InventoryOptions): Promise<Inventory> {
  const document = await documentOf(target);
  if (document !== null) return readDocument(await readBytes(document), document, allFormats);
  const resolved = await resolveTarget(target, allSources);
  const opened = await resolved.source.open(resolved.target, options.source);
  try {
    const { includeDev, skipDirs, skipFiles, source } = options;
    return await scan(opened, { catalogers: allCatalogers, includeDev, skipDirs, skipFiles, signal: source.signal });
  } finally {
    if (opened.kind === 'image') await opened.close();
  }
}

/** The file that a target names as an SBOM, `-` for standard input; null where it is something else. */
async function documentOf(target: string): Promise<string | null> {
  if (target === '-') return '-';
  if (target.startsWith('sbom:')) {
    if (target.length > 5) return target.slice(5);
    throw new CodedError('usage', 'sbom: names no file', {
      remedy: 'kvitto scan sbom:app.cdx.json, or - for standard input',
    });
  }
  if (!target.endsWith('.json')) return null;
  const found = await stat(target).catch(() => null);
  return found?.isFile() === true ? target : null;
}

async function readBytes(file: string): Promise<Uint8Array> {
  const stream = file === '-' ? process.stdin : createReadStream(file);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of stream) {
      size += chunk.length;
      if (size > maxDocumentSizeBytes) break;
      chunks.push(chunk);
    }
  } catch (error) {
    const code =
      error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'source-not-found' : 'source-unreadable';
    throw new CodedError(code, `cannot read ${file}: ${messageOf(error)}`, {
      remedy: 'name an SBOM file that this user may read, or - for standard input',
      cause: error,
    });
  }
  if (size > maxDocumentSizeBytes) {
    throw new CodedError(
      'limit-exceeded',
      `${file}: larger than the ${maxDocumentSizeBytes} bytes that are read of an SBOM`,
      { remedy: 'scan what it was made of, or split it' },
    );
  }
  return Buffer.concat(chunks);
}
