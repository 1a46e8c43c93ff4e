import type { Digest } from '../../model/inventory.ts';
import type { Problem, ProblemCode } from '../../model/problem.ts';
import { clip } from '../../model/problem.ts';
import type { Limits } from '../limits.ts';
import type { Keep } from './keep.ts';
import { PathTable } from './path-table.ts';

/** What is known of one layer once it has been read. Paths are normal; nothing in it is squashed yet. */
export interface LayerRecord {
  /** `LayerBlob.key`. */
  readonly key: string;
  /** Digest of the uncompressed bytes; null where they could not be read to the end. */
  diffId: Digest | null;
  /** Digest of the blob as stored; null where it was not read to the end. */
  digest: Digest | null;
  readonly kept: Map<string, Keep>;
  /** Symbolic link → its target as written. */
  readonly symlinks: Map<string, string>;
  /** Hard link → normal path of its target. */
  readonly hardlinks: Map<string, string>;
  /** Paths of lower layers that this one removes. */
  readonly whiteouts: Set<string>;
  /** Folders whose content in lower layers this one removes. */
  readonly opaques: Set<string>;
  /** Every entry, without its name. */
  readonly paths: PathTable;
  readonly problems: ProblemList;
}

export function newRecord(key: string, limits: Limits): LayerRecord {
  return {
    key,
    diffId: null,
    digest: null,
    kept: new Map(),
    symlinks: new Map(),
    hardlinks: new Map(),
    whiteouts: new Set(),
    opaques: new Set(),
    paths: new PathTable(),
    problems: new ProblemList(limits.problems),
  };
}

/** A bounded list of problems: what comes after the bound is counted, by code. */
export class ProblemList {
  readonly #most: number;
  readonly #problems: Problem[] = [];
  readonly #more = new Map<ProblemCode, number>();

  constructor(most: number) {
    this.#most = most;
  }

  add(code: ProblemCode, place: string, message: string): void {
    if (this.#problems.length < this.#most) this.#problems.push({ code, where: place, message });
    else this.#more.set(code, (this.#more.get(code) ?? 0) + 1);
  }

  /** The problems, each place named within `whole` (the layer); problems that are about the whole have an empty place. */
  under(whole: string): Problem[] {
    const listed = this.#problems.map(({ code, where, message }) => {
      return { code, where: where === '' ? whole : `${whole}: ${clip(where)}`, message };
    });
    const counted = [...this.#more].map(([code, count]): Problem => {
      return { code, where: whole, message: `${count} further problems of this kind.` };
    });
    return [...listed, ...counted];
  }
}
