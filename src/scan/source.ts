import type { Artifact, ImageConfig } from '../model/inventory.ts';
import type { Problem } from '../model/problem.ts';
import type { FileStat } from './cataloger.ts';

/** A place that artifacts come from. Plug-in: one folder under `sources/`, one line in `sources/all.ts`. */
export interface Source {
  /** Equals its folder and the prefix of a target: `docker-archive`, `registry`, `dir`. */
  readonly id: string;
  /** One line for `--help`, with an example of a target. */
  readonly about: string;
  /** Whether a target without a prefix looks like one of this source. Reads at most the first few kilobytes of a local file. */
  guess(target: string): Promise<boolean>;
  /** Throws a `CodedError` that names the place and the remedy where the target cannot be opened at all. */
  open(target: string, options: SourceOptions): Promise<ImageSource | DirectorySource>;
}

/** An opened image whose layers are to be streamed. */
export interface ImageSource {
  readonly kind: 'image';
  /**
   * Every blob that may be a layer, as stored (plain, gzip or zstd), once, in the order that is cheapest to read; each is
   * consumed or abandoned before the next is asked for. A stream that cannot be rewound yields layers before it has seen the manifest.
   */
  layers(signal: AbortSignal): AsyncIterable<LayerBlob>;
  /** What the image is. Called after `layers()` has ended. Throws where no image was found in it. */
  describe(): Promise<ImageFacts>;
  /** The bytes of one blob again, for hard links to files that were not kept. */
  reopen(key: string, signal: AbortSignal): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

export interface LayerBlob {
  /** Names the blob within its source (member name, digest). */
  readonly key: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

export interface ImageFacts {
  /** `layers[].diffId` as the configuration states it: the reader verifies it against the bytes. */
  readonly artifact: Artifact;
  readonly config: ImageConfig;
  /** `LayerBlob.key` of each of `artifact.layers`, lowest first. */
  readonly layerKeys: readonly string[];
  readonly problems: readonly Problem[];
}

/** A folder that is scanned in place. */
export interface DirectorySource {
  readonly kind: 'directory';
  readonly name: string;
  /** Every regular file and symbolic link below the folder, links not followed, unreadable places as problems. */
  entries(signal: AbortSignal): AsyncIterable<DirectoryEntry | Problem>;
}

export interface DirectoryEntry {
  readonly stat: FileStat;
  /** Target of a symbolic link, as written; null for a regular file. */
  readonly link: string | null;
  open(): AsyncIterable<Uint8Array>;
}

/** How a target is opened. */
export interface SourceOptions {
  /** `linux/amd64`; null for linux on this machine's architecture, or the only one there is. */
  readonly platform: string | null;
  /** PEM file with further certification authorities. */
  readonly caFile: string | null;
  /** Plain http where https is not answered, and certificates unchecked. */
  readonly insecure: boolean;
  /** Open no network connection at all (a daemon's local socket is none). */
  readonly offline: boolean;
  /** Registry host → mirrors to ask first. */
  readonly mirrors: Readonly<Record<string, readonly string[]>>;
  /** The environment: `HOME`, `DOCKER_CONFIG`, `DOCKER_HOST`, `HTTPS_PROXY` … */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Longest silence of a peer. */
  readonly idleTimeoutMs: number;
  readonly signal: AbortSignal;
}
