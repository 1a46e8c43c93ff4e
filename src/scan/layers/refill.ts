import type { Limits } from '../limits.ts';
import { compressionOf, decoderFault, decompress, peek } from './decompress.ts';
import type { Keeper } from './keep.ts';
import type { Missing } from './squash.ts';
import { type BodySink, TarReader } from './tar-reader.ts';

/**
 * Reads one layer again for files that were not kept the first time, and adds their content to their `keep`. What is
 * wrong with the layer has been reported then, so that only what cannot be had now is told, at the file that lacks it.
 */
export async function refill(
  bytes: AsyncIterable<Uint8Array>,
  missing: readonly Missing[],
  keeper: Keeper,
  limits: Limits,
  signal: AbortSignal,
): Promise<void> {
  const byPath = Map.groupBy(missing, (one) => one.path);
  const found = new Set<Missing>();
  const reader = new TarReader(
    limits,
    () => {},
    (entry) => {
      const wanted = entry.kind === 'file' ? byPath.get(entry.path) : undefined;
      if (wanted === undefined) return null;
      return several(
        wanted.map((one) => {
          found.add(one);
          const { keep, sink } = keeper.start(
            { ...one.keep.stat, sizeBytes: entry.sizeBytes },
            one.catalogers,
            entry.sparse,
          );
          return after(sink, () => {
            for (const [at, content] of keep.bytes) one.keep.bytes.set(at, content);
            one.keep.problems.splice(0, Number.POSITIVE_INFINITY, ...keep.problems);
          });
        }),
      );
    },
  );
  const { head, bytes: stored } = await peek(bytes, 4);
  const compression = compressionOf(head);
  let total = 0;
  try {
    const plain = compression === 'gzip' || compression === 'zstd' ? decompress(stored, compression) : stored;
    for await (const chunk of plain) {
      signal.throwIfAborted();
      total += chunk.length;
      if (reader.stopped || total > limits.totalBytes) break;
      reader.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    }
  } catch (error) {
    if (decoderFault(error) === null) throw error;
  }
  reader.end();
  for (const one of missing) {
    if (found.has(one)) continue;
    one.keep.problems.push({
      code: 'unreadable',
      where: one.keep.stat.path,
      message: 'The content behind a link was not found again.',
    });
  }
}

function several(sinks: readonly BodySink[]): BodySink {
  const open = new Set(sinks);
  return {
    push: (chunk) => {
      for (const sink of open) if (!sink.push(chunk)) finish(sink, true);
      return open.size > 0;
    },
    end: (complete) => {
      for (const sink of open) finish(sink, complete);
    },
  };
  function finish(sink: BodySink, complete: boolean): void {
    open.delete(sink);
    sink.end(complete);
  }
}

/** Runs `then` when the sink has ended; a sink that is null takes nothing. */
function after(sink: BodySink | null, then: () => void): BodySink {
  return {
    push: (chunk) => sink?.push(chunk) ?? false,
    end: (complete) => {
      sink?.end(complete);
      then();
    },
  };
}
