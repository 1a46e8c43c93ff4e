import type { Problem } from '../../model/problem.ts';
import { clip } from '../../model/problem.ts';
import type { Cataloger, Extractor, FileStat } from '../cataloger.ts';
import type { Skip } from '../glob.ts';
import type { Limits } from '../limits.ts';
import type { BodySink } from './tar-reader.ts';

/** What catalogers keep of one file. */
export interface Keep {
  readonly stat: FileStat;
  /** By position of the cataloger; left out where it does not want the file or found nothing of interest in it. */
  readonly bytes: Map<number, Uint8Array>;
  /** What kept the file from being read; they count only when the file is still there in the finished image. */
  readonly problems: Problem[];
}

/** Bytes and files that may still be kept; one for a whole scan. */
export class Budget {
  #bytes: number;
  #files: number;

  constructor(limits: Limits) {
    this.#bytes = limits.keptBytes;
    this.#files = limits.keptFiles;
  }

  /** Takes room for a file. False, and nothing taken, where there is none. */
  take(bytes: number, files = 1): boolean {
    if (bytes > this.#bytes || files > this.#files) return false;
    this.#bytes -= bytes;
    this.#files -= files;
    return true;
  }
}

/** Asks the catalogers which files they want and takes in the content of those. */
export class Keeper {
  readonly #catalogers: readonly Cataloger[];
  readonly #budget: Budget;
  readonly #skip: Skip | null;

  constructor(catalogers: readonly Cataloger[], budget: Budget, skip: Skip | null) {
    this.#catalogers = catalogers;
    this.#budget = budget;
    this.#skip = skip;
  }

  /** Positions of the catalogers that want the file; null where none does. */
  wantedBy(stat: FileStat): number[] | null {
    let wanted: number[] | null = null;
    for (let i = 0; i < this.#catalogers.length; i++) {
      if (this.#catalogers[i]?.wants(stat) !== true) continue;
      if (this.#skip?.(stat.path) === true) return null;
      if (wanted === null) wanted = [i];
      else wanted.push(i);
    }
    return wanted;
  }

  /** Starts to take in a file. `sink` is null where nothing of it is read; the reason is then among the problems. */
  start(stat: FileStat, wanted: readonly number[], sparse: boolean): { keep: Keep; sink: BodySink | null } {
    const keep: Keep = { stat, bytes: new Map(), problems: [] };
    if (!this.#budget.take(0)) {
      keep.problems.push(this.#full(stat));
      return { keep, sink: null };
    }
    if (sparse) {
      keep.problems.push({
        code: 'unsupported',
        where: clip(stat.path),
        message: 'A sparse file of a tar archive was not read.',
      });
      return { keep, sink: null };
    }
    const takers: Taker[] = [];
    const whole: number[] = [];
    for (const at of wanted) {
      const cataloger = this.#catalogers[at];
      if (cataloger === undefined) continue;
      if (stat.sizeBytes > cataloger.maxFileSizeBytes) keep.problems.push(tooLarge(stat, cataloger));
      else if (cataloger.extract === undefined) whole.push(at);
      else takers.push({ at: [at], extractor: cataloger.extract(stat) });
    }
    if (whole.length > 0) {
      if (this.#budget.take(stat.sizeBytes, 0)) takers.push({ at: whole, extractor: new Whole(stat.sizeBytes) });
      else keep.problems.push(this.#full(stat));
    }
    return { keep, sink: takers.length === 0 ? null : this.#sink(keep, takers) };
  }

  #sink(keep: Keep, takers: Taker[]): BodySink {
    let open = takers;
    return {
      push: (chunk) => {
        for (const taker of open) if (!taker.extractor.push(chunk)) taker.done = true;
        if (open.some((taker) => taker.done === true)) open = open.filter((taker) => taker.done !== true);
        return open.length > 0;
      },
      end: (complete) => {
        if (!complete) {
          keep.problems.push({
            code: 'truncated',
            where: clip(keep.stat.path),
            message: 'The file is cut short; it was read as far as it goes.',
          });
        }
        for (const { at, extractor } of takers) this.#finish(keep, at, extractor);
      },
    };
  }

  #finish(keep: Keep, positions: readonly number[], extractor: Extractor): void {
    const bytes = extractor.end();
    if (bytes === null) return;
    if (!(extractor instanceof Whole) && !this.#budget.take(bytes.length, 0)) {
      keep.problems.push(this.#full(keep.stat));
      return;
    }
    for (const at of positions) keep.bytes.set(at, bytes);
  }

  #full(stat: FileStat): Problem {
    return {
      code: 'limit-exceeded',
      where: clip(stat.path),
      message: 'The files to be looked at are more than one scan keeps in memory; this one was not read.',
    };
  }
}

interface Taker {
  readonly at: readonly number[];
  readonly extractor: Extractor;
  done?: boolean;
}

/** Keeps all of a file. */
class Whole implements Extractor {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(sizeBytes: number) {
    this.#bytes = Buffer.allocUnsafeSlow(sizeBytes);
  }

  push(chunk: Uint8Array): boolean {
    const part =
      chunk.length > this.#bytes.length - this.#at ? chunk.subarray(0, this.#bytes.length - this.#at) : chunk;
    this.#bytes.set(part, this.#at);
    this.#at += part.length;
    return true;
  }

  end(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }
}

function tooLarge(stat: FileStat, cataloger: Cataloger): Problem {
  return {
    code: 'limit-exceeded',
    where: clip(stat.path),
    message: `${stat.sizeBytes} bytes are more than the ${cataloger.maxFileSizeBytes} that ${cataloger.id} reads; the file was passed over.`,
  };
}
