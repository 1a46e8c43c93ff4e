/**
 * What one scan reads at most. Each bound holds for the whole artifact unless it says otherwise; what lies beyond it is a
 * problem `limit-exceeded`, and the part that was read before is still reported.
 */
export interface Limits {
  /** Entries of all layers. 24 bytes of memory each; the largest images that are in use have some 500 thousand. */
  readonly entries: number;
  /** Uncompressed bytes of all layers; bounds the time (some 500 MB per second and core). Images for machine learning reach 40 GB. */
  readonly totalBytes: number;
  /** Uncompressed over compressed bytes of a layer, looked at from `ratioFromBytes` on. Real layers stay below 100; deflate ends at 1032. */
  readonly ratio: number;
  readonly ratioFromBytes: number;
  /** Bytes of files that are kept for catalogers until they are done; bounds the memory. A large Debian image with Node needs 20 MB. */
  readonly keptBytes: number;
  /** Files that are kept for catalogers. */
  readonly keptFiles: number;
  /** Symbolic and hard links that are remembered. */
  readonly links: number;
  /** Whiteouts that are remembered. */
  readonly whiteouts: number;
  /** Bytes of one path. Linux takes no longer ones in a system call. */
  readonly pathBytes: number;
  /** Bytes of one pax extended header. */
  readonly paxBytes: number;
  /** Problems that are listed for one layer; further ones are counted. */
  readonly problems: number;
}

export const defaultLimits: Limits = {
  entries: 4_000_000,
  totalBytes: 100 * 1024 ** 3,
  ratio: 500,
  ratioFromBytes: 256 * 1024 ** 2,
  keptBytes: 192 * 1024 ** 2,
  keptFiles: 200_000,
  links: 200_000,
  whiteouts: 200_000,
  pathBytes: 4096,
  paxBytes: 1024 ** 2,
  problems: 50,
};

/** Most layers of an image; overlayfs stops at 500, Docker at 127. Every layer is held against every kept file and link. */
export const maxLayers = 512;

/** Most symbolic links that are followed for one path, as in Linux. */
export const maxLinkHops = 40;
