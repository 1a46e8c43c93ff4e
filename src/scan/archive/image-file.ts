import type { FileHandle } from 'node:fs/promises';
import { CodedError } from '../../model/errors.ts';
import { clip } from '../../model/problem.ts';
import { ProblemList } from '../layers/record.ts';
import { defaultLimits } from '../limits.ts';
import type { ImageFacts, ImageSource } from '../source.ts';
import { type Contents, chooseImage, type Wanted } from './contents.ts';
import { allBytes, fileCursor, fileRange } from './cursor.ts';
import { MemberNames } from './members.ts';
import { tarMembers } from './tar-members.ts';

/** An image in an uncompressed archive on disk: headers are sought, then only the layers of the chosen image are read. Owns `file`. */
export async function openImageFile(file: FileHandle, wanted: Wanted): Promise<ImageSource> {
  const { size } = await file.stat();
  const problems = new ProblemList(defaultLimits.problems);
  const names = new MemberNames();
  const places = new Map<string, { readonly start: number; readonly size: number }>();
  for await (const { entry, start } of tarMembers(fileCursor(file, size), defaultLimits, (...p) =>
    problems.add(...p),
  )) {
    names.add(entry);
    if (entry.kind === 'file') places.set(entry.path, { start, size: entry.sizeBytes });
  }
  const contents: Contents = {
    find: (name) => names.find(name),
    read: async (name, mostBytes) => {
      const place = places.get(names.find(name) ?? '');
      if (place === undefined) return null;
      if (place.size > mostBytes) {
        throw new CodedError(
          'limit-exceeded',
          `${clip(wanted.name)}: ${clip(name)} has ${place.size} bytes, more than the ${mostBytes} that are read.`,
        );
      }
      return allBytes(fileRange(file, place.start, place.size, new AbortController().signal));
    },
  };
  const found = problems.under(clip(wanted.name));
  const facts = await choose(
    contents,
    wanted,
    found.some(({ code }) => code === 'truncated' || code === 'malformed'),
  );
  // Layers are read one after the other.
  const buffers: Buffer[] = [];
  const reopen = (key: string, signal: AbortSignal): AsyncIterable<Uint8Array> => {
    const place = places.get(key);
    if (place === undefined || names.find(key) === null) throw missing(wanted.name, key);
    return fileRange(file, place.start, place.size, signal, buffers);
  };
  return {
    kind: 'image',
    async *layers(signal) {
      const keys = [...new Set(facts.layerKeys)].filter((key) => places.has(key));
      keys.sort((a, b) => (places.get(a)?.start ?? 0) - (places.get(b)?.start ?? 0));
      for (const key of keys) yield { key, bytes: reopen(key, signal) };
    },
    describe: async () => ({ ...facts, problems: [...facts.problems, ...found] }),
    reopen,
    close: () => file.close(),
  };
}

/** As `chooseImage`; of an archive that is damaged it says so first, because all else follows from that. */
export async function choose(contents: Contents, wanted: Wanted, damaged: boolean): Promise<ImageFacts> {
  try {
    return await chooseImage(contents, wanted);
  } catch (error) {
    if (!damaged || !(error instanceof CodedError)) throw error;
    throw new CodedError(
      'source-unreadable',
      `${clip(wanted.name)}: the archive is damaged or cut short. ${error.message}`,
      {
        remedy: 'Save or copy the image again.',
        cause: error,
      },
    );
  }
}

/** The failure for a layer that the image names and the archive does not hold. */
export function missing(name: string, key: string): CodedError {
  return new CodedError(
    'source-unreadable',
    `${clip(name)}: the layer ${clip(key)} is missing from it; what it holds was not scanned.`,
    {
      remedy: 'The copy is incomplete: save it again.',
    },
  );
}
