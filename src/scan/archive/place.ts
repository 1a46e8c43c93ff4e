import { type FileHandle, open, stat } from 'node:fs/promises';
import { CodedError, messageOf } from '../../model/errors.ts';
import { clip } from '../../model/problem.ts';

/** A path that exists, and what the user wrote behind it. */
export interface Place {
  readonly path: string;
  /** `TAG` of `PATH:TAG`; null where nothing stands behind the path. */
  readonly reference: string | null;
  readonly kind: 'file' | 'folder';
}

/** Splits `PATH[:REFERENCE]` at the longest path that exists; null where none does. */
export async function findPlace(target: string): Promise<Place | null> {
  for (let end = target.length; end > 0; end = target.lastIndexOf(':', end - 1)) {
    const path = target.slice(0, end);
    const kind = await kindOf(path);
    if (kind !== null) return { path, reference: end < target.length ? target.slice(end + 1) || null : null, kind };
  }
  return null;
}

async function kindOf(path: string): Promise<Place['kind'] | null> {
  try {
    const found = await stat(path);
    return found.isDirectory() ? 'folder' : found.isFile() ? 'file' : null;
  } catch {
    return null;
  }
}

/** As `findPlace`; throws `source-not-found` or `source-unreadable` where there is nothing of this kind. */
export async function placeOf(target: string, kind: Place['kind']): Promise<Place> {
  const place = await findPlace(target);
  if (place?.kind === kind) return place;
  const what = kind === 'file' ? 'an archive file' : 'a folder';
  if (place !== null) {
    throw new CodedError('source-unsupported', `${clip(target)}: ${what} was expected, but it is a ${place.kind}.`, {
      remedy:
        place.kind === 'folder'
          ? 'Write oci:PATH for an OCI layout, dir:PATH for any other folder.'
          : 'Write docker-archive:PATH or oci-archive:PATH.',
    });
  }
  try {
    await stat(target);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw unreadable(target, error);
    throw new CodedError('source-not-found', `${clip(target)}: no such file or folder.`, {
      remedy: 'Check the path.',
      cause: error,
    });
  }
  throw new CodedError('source-unsupported', `${clip(target)}: neither a regular file nor a folder.`, {
    remedy: 'Save the stream to a file first.',
  });
}

/** Opens a file to read; `source-unreadable` where that is refused. */
export async function openPlace(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** The failure for a place that the operating system does not let us read. */
export function unreadable(path: string, error: unknown): CodedError {
  return new CodedError('source-unreadable', `${clip(path)}: it cannot be read (${clip(messageOf(error), 100)}).`, {
    remedy: 'Check that the user who scans may read it.',
    cause: error,
  });
}
