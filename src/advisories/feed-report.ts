import { CodedError } from '../model/errors.ts';

/**
 * Why a feed was not taken. `unreachable`: its source did not answer, or no longer has it. `invalid`: what came is damaged, is no
 * document of this kind, or is empty. `shrunk`: it holds far fewer records than the store. `form-changed`: it can be read, but
 * not as this feed was read before.
 */
export type FeedFault = 'unreachable' | 'invalid' | 'shrunk' | 'form-changed';

/** Records of a feed, all of them, and those of them that could not be read. */
export interface FeedCounts {
  readonly records: number;
  readonly badRecords: number;
}

/** How one feed fared in an update. */
export interface FeedReport {
  /** `osv/Debian`, `nvd` … */
  readonly id: string;
  readonly state: 'updated' | 'unchanged' | 'failed';
  /** Null unless it failed. */
  readonly why: FeedFault | null;
  /** As the feed stands in the store after the update; 0 where it is not in it. */
  readonly records: number;
  readonly badRecords: number;
  /** Records as the feed stood in the store before; null where it was not in it. */
  readonly before: number | null;
  /** What was counted at the source; null where nothing was read, because nothing is new or nothing could be read. */
  readonly found: FeedCounts | null;
  /** Why it failed and what helps, or what is wrong with its first bad record. */
  readonly message?: string;
}

/** A feed that came whole and is not believed. Thrown while it is read; `updateOsv` and `updateFact` make it a report. */
export class FeedRefused extends CodedError {
  readonly why: Exclude<FeedFault, 'unreachable'>;
  /** Null where the records could not be counted. */
  readonly found: FeedCounts | null;
  /** Whether `UpdateRequest.accept` would take it. */
  readonly acceptable: boolean;

  constructor(
    why: Exclude<FeedFault, 'unreachable'>,
    message: string,
    more: { readonly found?: FeedCounts; readonly acceptable?: boolean } = {},
  ) {
    super('feed-invalid', message);
    this.why = why;
    this.found = more.found ?? null;
    this.acceptable = more.acceptable ?? false;
  }
}

/** Why a feed failed that failed with this. `first`: the store does not hold the feed, so its form cannot have changed. */
export function faultOf(failure: CodedError, first: boolean): FeedFault {
  if (failure.code === 'feed-unreachable') return 'unreachable';
  if (!(failure instanceof FeedRefused)) return 'invalid';
  return first ? 'invalid' : failure.why;
}
