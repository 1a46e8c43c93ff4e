/**
 * A part of a pass over everything that is under way, which one worker at a time has. `bulk`: the entry that the pass began at;
 * `part`: the last one (`finishPart` of watch/bulk) completes it.
 */
export interface RescanPartRow {
  bulk: number;
  part: number;
  snapshot: string;
  /** JSON: what is to be held against the store. */
  work: string;
  /** Who has it; null for nobody. Until when (milliseconds since 1970, of the database's clock). */
  worker: string | null;
  lease: number;
  /** 1: done. */
  done: number;
  /** JSON: what it has led to so far. */
  result: string;
}

export interface MigrationRow {
  id: number;
  name: string;
  hash: string;
  applied: number;
}
