import { lstat, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { CodedError } from '../../../model/errors.ts';
import { clip } from '../../../model/problem.ts';
import { type Contents, chooseImage } from '../../archive/contents.ts';
import { allBytes, fileRange } from '../../archive/cursor.ts';
import { missing } from '../../archive/image-file.ts';
import { findPlace, openPlace, placeOf, unreadable } from '../../archive/place.ts';
import type { ImageSource, Source, SourceOptions } from '../../source.ts';

/** An OCI image layout in a folder. https://github.com/opencontainers/image-spec/blob/main/image-layout.md */
export const oci: Source = {
  id: 'oci',
  about: 'OCI image layout in a folder (oci:layout, oci:layout:tag)',
  guess: async (target) => {
    const place = await findPlace(target);
    if (place?.kind !== 'folder') return false;
    const top = await findFiles(place.path);
    return top.has('index.json') && top.has('oci-layout');
  },
  open,
};

async function open(target: string, options: SourceOptions): Promise<ImageSource> {
  const place = await placeOf(target, 'folder');
  const root = await realpath(place.path).catch((error: unknown) => {
    throw unreadable(place.path, error);
  });
  const top = await findFiles(root);
  const sizes = new Map<string, number | null>();
  const sizeOf = async (name: string): Promise<number | null> => {
    const known = sizes.get(name);
    if (known !== undefined) return known;
    const size = await fileSize(root, name);
    sizes.set(name, size);
    return size;
  };
  const contents: Contents = {
    find: (name) => (sizes.get(name) === null || (!name.startsWith('blobs/') && !top.has(name)) ? null : name),
    read: async (name, mostBytes) => {
      const size = await sizeOf(name);
      if (size === null) return null;
      if (size > mostBytes) {
        throw new CodedError(
          'limit-exceeded',
          `${clip(target)}: ${clip(name)} has ${size} bytes, more than the ${mostBytes} that are read.`,
        );
      }
      return allBytes(contentOf(root, name, options.signal));
    },
  };
  const facts = await chooseImage(contents, { name: target, reference: place.reference, platform: options.platform });
  for (const key of facts.layerKeys) await sizeOf(key);
  // Layers are read one after the other.
  const buffers: Buffer[] = [];
  return {
    kind: 'image',
    async *layers(signal) {
      for (const key of new Set(facts.layerKeys)) {
        if (sizes.get(key) !== null) yield { key, bytes: contentOf(root, key, signal, buffers) };
      }
    },
    describe: async () => facts,
    reopen: (key, signal) => {
      if (sizes.get(key) === null) throw missing(target, key);
      return contentOf(root, key, signal, buffers);
    },
    close: async () => {},
  };
}

async function* contentOf(
  root: string,
  name: string,
  signal: AbortSignal,
  buffers?: Buffer[],
): AsyncGenerator<Uint8Array> {
  const file = await openPlace(join(root, name));
  try {
    yield* fileRange(file, 0, (await file.stat()).size, signal, buffers);
  } finally {
    await file.close();
  }
}

async function findFiles(folder: string): Promise<Set<string>> {
  const found = new Set<string>();
  const root = await realpath(folder);
  for (const name of ['index.json', 'manifest.json', 'oci-layout'])
    if ((await fileSize(root, name)) !== null) found.add(name);
  return found;
}

/** Size of a file of the layout; null where there is none, or where a link leads out of the layout. */
async function fileSize(root: string, name: string): Promise<number | null> {
  try {
    const path = await realpath(join(root, name));
    if (!path.startsWith(root.endsWith(sep) ? root : root + sep)) return null;
    const found = await lstat(path);
    return found.isFile() ? found.size : null;
  } catch {
    return null;
  }
}
