import { CodedError } from '../../model/errors.ts';
import { clip } from '../../model/problem.ts';
import { maxConfigBytes } from '../image-facts.ts';
import { compressionOf, decoderFault, decompress, peek } from '../layers/decompress.ts';
import { ProblemList } from '../layers/record.ts';
import { defaultLimits } from '../limits.ts';
import type { ImageSource, LayerBlob } from '../source.ts';
import type { Wanted } from './contents.ts';
import { allBytes, streamCursor } from './cursor.ts';
import { choose, missing } from './image-file.ts';
import { MemberNames } from './members.ts';
import { type Member, tarMembers } from './tar-members.ts';

/** Bytes of small documents that are held until it is known which of them describe the image. */
const mostHeldBytes = 32 * 1024 * 1024;

/**
 * An image in an archive that comes as a stream: a daemon's `save`, or an archive that is compressed as a whole. It is read
 * once; every member that is no small JSON document is handed out as a layer before the manifest is known.
 * `open` starts the stream from its beginning: once, and again only for links to files that were not kept.
 */
export async function openImageStream(
  wanted: Wanted,
  open: (signal: AbortSignal) => AsyncIterable<Uint8Array>,
): Promise<ImageSource> {
  const where = clip(wanted.name);
  const problems = new ProblemList(defaultLimits.problems);
  const names = new MemberNames();
  const held = new Map<string, Uint8Array>();
  let heldBytes = 0;

  async function* layers(signal: AbortSignal): AsyncGenerator<LayerBlob> {
    for await (const member of members(open(signal), problems)) {
      names.add(member.entry);
      held.delete(member.entry.path);
      if (member.entry.kind !== 'file') continue;
      const { head, bytes } = await peek(member.bytes(), 1);
      const json = head[0] === 0x7b || head[0] === 0x5b;
      const size = member.entry.sizeBytes;
      if (!json || size > maxConfigBytes) {
        // Not closed by the reader in between: the cursor passes over what it leaves.
        if (size > 0) yield { key: member.entry.path, bytes };
      } else if (heldBytes + size <= mostHeldBytes) {
        held.set(member.entry.path, await allBytes(bytes));
        heldBytes += size;
      }
    }
  }

  async function* reopen(key: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    for await (const member of members(open(signal), new ProblemList(0))) {
      if (member.entry.kind !== 'file' || member.entry.path !== key) continue;
      yield* member.bytes();
      return;
    }
    throw missing(wanted.name, key);
  }

  return {
    kind: 'image',
    layers,
    reopen,
    describe: async () => {
      const found = problems.under(where);
      const contents = {
        find: (name: string) => names.find(name),
        read: async (name: string, mostBytes: number) => {
          const key = names.find(name);
          if (key === null) return null;
          const bytes = held.get(key);
          if (bytes !== undefined && bytes.length <= mostBytes) return bytes;
          throw new CodedError(
            'source-unreadable',
            `${where}: ${clip(name)} is no JSON document of at most ${mostBytes} bytes.`,
          );
        },
      };
      const facts = await choose(contents, wanted, found.length > 0);
      return { ...facts, problems: [...facts.problems, ...found] };
    },
    close: async () => {},
  };
}

/** The members of the archive, unpacked where it is compressed as a whole. Ends early, with a problem, at what cannot be unpacked. */
async function* members(bytes: AsyncIterable<Uint8Array>, problems: ProblemList): AsyncGenerator<Member> {
  const cursor = streamCursor(unpacked(bytes, problems));
  try {
    yield* tarMembers(cursor, defaultLimits, (...p) => problems.add(...p));
  } finally {
    await cursor.close();
  }
}

async function* unpacked(source: AsyncIterable<Uint8Array>, problems: ProblemList): AsyncGenerator<Uint8Array> {
  const { ratio, ratioFromBytes, totalBytes } = defaultLimits;
  let bytesIn = 0;
  let bytesOut = 0;
  const { head, bytes } = await peek(counted(), 4);
  const compression = compressionOf(head);
  if (compression !== 'gzip' && compression !== 'zstd') {
    yield* bytes;
    return;
  }
  try {
    for await (const chunk of decompress(bytes, compression)) {
      bytesOut += chunk.length;
      if (bytesOut > totalBytes || (bytesOut > ratioFromBytes && bytesOut > bytesIn * ratio)) {
        problems.add(
          'limit-exceeded',
          '',
          `${bytesIn} bytes of the archive unpack to more than ${bytesOut}; the rest was not read.`,
        );
        return;
      }
      yield chunk;
    }
  } catch (error) {
    const fault = decoderFault(error);
    if (fault === null) throw error;
    problems.add(
      fault,
      '',
      `The ${compression} data of the archive ${fault === 'truncated' ? 'end too early' : 'are damaged'}; it was read as far as it goes.`,
    );
  }

  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      bytesIn += chunk.length;
      yield chunk;
    }
  }
}
