/** A stretch of the file, [start, end). */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** A stretch of the file and the address at which it is loaded; bigint, because addresses have 64 bits. */
export interface Segment extends Stretch {
  readonly address: bigint;
}

/** What the headers of an executable tell about where Go puts its build information. */
export interface Layout {
  /** Where the build information can be, in ascending order: writable data, or the section made for it. */
  readonly data: readonly Stretch[];
  /** All that is loaded, to turn addresses into places in the file. */
  readonly segments: readonly Segment[];
  /** True when the headers show that the build information is in the format since Go 1.18, so that nothing before it is needed. */
  readonly inline: boolean;
}
