const mebi = 1024 * 1024;

/**
 * What a feed, a store or a mirror may cost. All of it comes from outside, so all of it is bounded; each figure is several
 * times the largest real one of 2026.
 */
export const limits = {
  /** One ecosystem's `all.zip`; npm, the largest, has about 200 MB. */
  osvZipBytes: 2048 * mebi,
  /** Records in one zip. */
  osvRecords: 5_000_000,
  /** One record, unpacked; the largest real ones have 5 MB (kernel). */
  osvRecordBytes: 32 * mebi,
  /** All records of one zip together, unpacked. */
  osvUnpackedBytes: 32_768 * mebi,
  /** Unpacked to packed, for records above `osvRatioFloorBytes`: the `versions` lists of real records reach 60. */
  osvRatio: 200,
  osvRatioFloorBytes: mebi,
  /** `modified_id.csv` of one ecosystem. */
  osvIndexBytes: 128 * mebi,
  /** One NVD year, packed and unpacked. */
  nvdBytes: 128 * mebi,
  nvdUnpackedBytes: 480 * mebi,
  kevBytes: 64 * mebi,
  epssBytes: 64 * mebi,
  epssUnpackedBytes: 512 * mebi,
  /** `.meta`, `mirror.json` and lists of names. */
  smallBytes: mebi,
  /** An exported store, packed and unpacked. */
  exportBytes: 4096 * mebi,
  storeBytes: 8192 * mebi,
} as const;

/** How patient a download is. Times in milliseconds. */
export interface FetchOptions {
  /** Tries per document, the first one included. */
  readonly attempts: number;
  /** Pause before the second try; doubles for each further one. */
  readonly backoffMs: number;
  /** Longest silence of a server. */
  readonly idleTimeoutMs: number;
  /** Longest time for one document, all tries together. */
  readonly totalTimeoutMs: number;
  readonly maxRedirects: number;
}

export const defaultFetchOptions: FetchOptions = {
  attempts: 4,
  backoffMs: 500,
  idleTimeoutMs: 30_000,
  totalTimeoutMs: 15 * 60_000,
  maxRedirects: 5,
};

/** Records fetched one by one instead of the whole zip, when so few have changed; and the part of the feed they may be. */
export const smallUpdate = { mostRecords: 1000, mostShare: 0.1, wholeAgainAfterDays: 7 } as const;
