import type { Component, Digest } from '../model/inventory.ts';
import type { Problem } from '../model/problem.ts';

/** What is known of a file before a byte of it is read. */
export interface FileStat {
  /** Path in the artifact, `/` as separator, without a leading slash, without `.` and `..` parts. */
  readonly path: string;
  /** Last part of `path`. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Permission bits. */
  readonly mode: number;
}

/** A wanted file of the squashed view. Links have been followed inside the virtual root. */
export interface CatalogFile extends FileStat {
  /** diffId of the layer that brought it; null outside images. */
  readonly layer: Digest | null;
  /** What the cataloger's `extract` kept of it; all of it where there is no `extract`. */
  readonly bytes: Uint8Array;
}

/** The wanted files of one cataloger, sorted by path. */
export interface FileView {
  readonly files: readonly CatalogFile[];
  /** By path, following symbolic links inside the virtual root; null where it is not there or was not wanted. */
  get(path: string): CatalogFile | null;
  /** The path with every symbolic link on the way resolved inside the virtual root (`lib/x` → `usr/lib/x`). */
  resolve(path: string): string;
}

/** Takes a file's bytes as they stream by and keeps little of them. */
export interface Extractor {
  /** Chunks of any size, in order. False: the rest is not needed. Must copy what it keeps: the buffer is used again. */
  push(chunk: Uint8Array): boolean;
  /** What to keep; null when the file turned out to be of no interest. Called once, also when the file was cut short. */
  end(): Uint8Array | null;
}

export interface Catalogued {
  readonly components: readonly Component[];
  readonly problems: readonly Problem[];
  /** Resolved paths that belong to operating-system packages: what other catalogers find there is not counted again. */
  readonly ownedPaths?: Iterable<string>;
}

/** Finds components in one kind of file. Stateless: one value serves concurrent scans. Malformed input is a Problem; a throw is our bug. */
export interface Cataloger {
  /** Equals its folder under `catalogers/`: `os/dpkg`. Goes into evidence. */
  readonly id: string;
  /** One line for the page of what is read: which files, and what of them. Markdown. */
  readonly about: string;
  /** Raised when the same bytes may yield other components. Goes into evidence. */
  readonly revision: number;
  /** Largest file that is read; a larger one that is wanted is a problem. For one with `extract`: the largest that is streamed. */
  readonly maxFileSizeBytes: number;
  /** Called once for each file of each layer: no I/O, no regular expression without a string check before it. */
  wants(file: FileStat): boolean;
  /** For files of which only a little is needed. Without it, all bytes are kept. */
  extract?(file: FileStat): Extractor;
  catalog(view: FileView, options: CatalogOptions): Catalogued;
}

export interface CatalogOptions {
  /** The operating system of the artifact, for purls of its packages; null where none was recognised. */
  readonly os: import('../model/inventory.ts').OperatingSystem | null;
  readonly signal: AbortSignal;
}
