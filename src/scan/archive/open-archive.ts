import { CodedError } from '../../model/errors.ts';
import { clip } from '../../model/problem.ts';
import { compressionOf, decompress } from '../layers/decompress.ts';
import { blockBytes, decodeHeader } from '../layers/tar-header.ts';
import type { ImageSource, SourceOptions } from '../source.ts';
import type { Wanted } from './contents.ts';
import { fileRange } from './cursor.ts';
import { openImageFile } from './image-file.ts';
import { openImageStream } from './image-stream.ts';
import { findPlace, openPlace, placeOf } from './place.ts';

const headBytes = 64 * 1024;

/**
 * Opens `PATH[:NAME]`, an image archive of any shape, plain or compressed as a whole with gzip or zstd.
 * Throws a `CodedError` that names the path.
 */
export async function openArchive(target: string, options: SourceOptions): Promise<ImageSource> {
  const place = await placeOf(target, 'file');
  const wanted: Wanted = { name: target, reference: place.reference, platform: options.platform };
  const file = await openPlace(place.path);
  try {
    const head = await firstBytes(fileRange(file, 0, headBytes, options.signal), blockBytes);
    const compression = compressionOf(head);
    if (compression === 'gzip' || compression === 'zstd') {
      const source = await openImageStream(wanted, (signal) => fileRange(file, 0, Number.MAX_SAFE_INTEGER, signal));
      return { ...source, close: () => file.close() };
    }
    if (compression !== 'none' || typeof headerOf(head) === 'string') {
      const what = compression === 'none' ? 'no tar archive' : `an archive compressed with ${compression}`;
      throw new CodedError('source-unsupported', `${clip(place.path)}: ${what}.`, {
        remedy: 'Image archives are tar files, plain or compressed with gzip or zstd.',
      });
    }
    return await openImageFile(file, wanted);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** What a file looks like from its first member: an archive that begins as OCI layouts do, another tar, or neither. */
export async function guessArchive(target: string): Promise<'oci' | 'tar' | null> {
  const place = await findPlace(target);
  if (place?.kind !== 'file') return null;
  const file = await openPlace(place.path);
  try {
    const head = await firstBytes(fileRange(file, 0, headBytes, new AbortController().signal), blockBytes);
    const compression = compressionOf(head);
    const plain =
      compression === 'gzip' || compression === 'zstd'
        ? await firstBytes(
            decompress(fileRange(file, 0, headBytes, new AbortController().signal), compression),
            blockBytes,
          )
        : head;
    const header = headerOf(plain);
    if (typeof header === 'string') return null;
    return /^(\.\/)?(oci-layout$|index\.json$|blobs(\/|$)|$)/.test(header.name) ? 'oci' : 'tar';
  } catch {
    return null;
  } finally {
    await file.close();
  }
}

function headerOf(block: Buffer): ReturnType<typeof decodeHeader> {
  return block.length < blockBytes ? 'checksum' : decodeHeader(block, 0);
}

/** The first `size` bytes of a stream, or all where it has fewer; the stream is given up. */
async function firstBytes(bytes: AsyncIterable<Uint8Array>, size: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of bytes) {
    parts.push(Buffer.from(part));
    length += part.length;
    if (length >= size) break;
  }
  return Buffer.concat(parts).subarray(0, size);
}
