import { clip, type Problem } from '../../model/problem.ts';
import type { Limits } from '../limits.ts';
import type { DirectorySource } from '../source.ts';
import type { Keep, Keeper } from './keep.ts';
import { pathKey } from './path-table.ts';
import { type LayerRecord, newRecord } from './record.ts';
import type { Missing } from './squash.ts';
import type { BodySink } from './tar-reader.ts';

/** Reads a folder as if it were the only layer of an image; of the content only what catalogers want. */
export async function readDirectory(
  source: DirectorySource,
  keeper: Keeper,
  limits: Limits,
  signal: AbortSignal,
): Promise<{ record: LayerRecord; problems: Problem[] }> {
  const record = newRecord(source.name, limits);
  const problems: Problem[] = [];
  let entries = 0;
  for await (const entry of source.entries(signal)) {
    if ('code' in entry) {
      problems.push(entry);
      continue;
    }
    if (++entries > limits.entries || record.symlinks.size >= limits.links) {
      const most = entries > limits.entries ? `${limits.entries} files` : `${limits.links} links`;
      problems.push({
        code: 'limit-exceeded',
        where: source.name,
        message: `The folder holds more than ${most}; the rest was not read.`,
      });
      break;
    }
    const { stat, link } = entry;
    record.paths.set(pathKey(stat.path), link === null ? 'file' : 'other', stat.sizeBytes, stat.mode);
    if (link !== null) {
      record.symlinks.set(stat.path, link);
      continue;
    }
    const wanted = keeper.wantedBy(stat);
    if (wanted === null) continue;
    const { keep, sink } = keeper.start(stat, wanted, false);
    record.kept.set(stat.path, keep);
    if (sink !== null) await drain(entry.open(), stat.sizeBytes, sink, keep, signal);
  }
  return { record, problems };
}

/** Reads the folder again for files that are only wanted under the name of a link. */
export async function refillDirectory(
  source: DirectorySource,
  missing: readonly Missing[],
  keeper: Keeper,
  signal: AbortSignal,
): Promise<void> {
  const byPath = Map.groupBy(missing, (one) => one.path);
  for await (const entry of source.entries(signal)) {
    if (byPath.size === 0) return;
    if ('code' in entry || entry.link !== null) continue;
    const wanted = byPath.get(entry.stat.path);
    if (wanted === undefined) continue;
    byPath.delete(entry.stat.path);
    for (const one of wanted) {
      const { keep, sink } = keeper.start(one.keep.stat, one.catalogers, false);
      if (sink !== null) await drain(entry.open(), entry.stat.sizeBytes, sink, keep, signal);
      for (const [at, content] of keep.bytes) one.keep.bytes.set(at, content);
      one.keep.problems.push(...keep.problems);
    }
  }
}

/** At most the size that the file had when it was listed: one that grows while it is read must not be read for ever. */
async function drain(
  bytes: AsyncIterable<Uint8Array>,
  sizeBytes: number,
  sink: BodySink,
  keep: Keep,
  signal: AbortSignal,
): Promise<void> {
  let left = sizeBytes;
  let complete = true;
  let opened = true;
  try {
    for await (const chunk of bytes) {
      signal.throwIfAborted();
      const part = chunk.subarray(0, left);
      left -= part.length;
      if (!sink.push(Buffer.from(part.buffer, part.byteOffset, part.byteLength))) {
        left = 0;
        break;
      }
      if (left === 0) break;
    }
    complete = left === 0;
  } catch (error) {
    if (!(error instanceof Error) || (error as NodeJS.ErrnoException).syscall === undefined) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? 'error';
    keep.problems.push({
      code: 'unreadable',
      where: clip(keep.stat.path),
      message: `The file cannot be read (${code}).`,
    });
    opened = left < sizeBytes;
  }
  sink.end(complete);
  // Of a file that gave nothing, no cataloger is to say that it is empty.
  if (!opened) keep.bytes.clear();
}
