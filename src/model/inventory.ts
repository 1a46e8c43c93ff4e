import type { Problem } from './problem.ts';

/** `sha256:` and 64 lower-case hex digits. */
export type Digest = `sha256:${string}`;

/** One layer of an image, lowest first. */
export interface Layer {
  /** Digest of the uncompressed tar: the layer's identity everywhere, the same in every archive shape. */
  readonly diffId: Digest;
  /** Digest of the blob as it was stored (compressed or not), where the source names it. */
  readonly digest: Digest | null;
  /** The build instruction, from the image's history. */
  readonly createdBy: string | null;
}

/** What was scanned. */
export interface Artifact {
  readonly kind: 'image' | 'directory' | 'sbom';
  /** As the user named it, without the prefix of the kind: a reference, a path, `-` for standard input. */
  readonly name: string;
  /**
   * Its identity: the manifest digest of an image; where the source holds no manifest (docker save), the digest of the
   * image's configuration; of a directory, the digest of its inventory; of an SBOM, that of the document's bytes.
   */
  readonly digest: Digest;
  readonly digestOf: 'manifest' | 'config' | 'inventory' | 'document';
  /** References under which the source knows the image (`repo:tag`), sorted. */
  readonly references: readonly string[];
  /** `linux/amd64`, `linux/arm64/v8`. */
  readonly platform: string | null;
  /** Digest of the image's configuration (Docker's image id). */
  readonly configDigest: Digest | null;
  readonly layers: readonly Layer[];
}

/** The run configuration of an image, as far as it says something about its security. */
export interface ImageConfig {
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  /** Names of the environment variables. Their values may be secrets, and a report travels further than its image. */
  readonly env: readonly string[];
  readonly exposedPorts: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** RFC 3339, as the image says it. */
  readonly created: string | null;
}

/** The operating system that an artifact holds, from os-release(5). */
export interface OperatingSystem {
  /** `ID` of os-release, lower case: `debian`, `alpine`. */
  readonly id: string;
  /** `VERSION_ID`; empty for rolling and testing releases. */
  readonly versionId: string;
  /** `PRETTY_NAME`, or id and version. */
  readonly name: string;
  /** OSV ecosystem with release, `Debian:12`; null where OSV knows none for it. */
  readonly ecosystem: string | null;
}

/** Where a component was seen. */
export interface Location {
  /** Path in the artifact, without leading slash. */
  readonly path: string;
  /** diffId of the layer that brought the file in its present state; null outside images. */
  readonly layer: Digest | null;
}

/**
 * One piece of software. Its purl is its identity and holds all that matching needs: type, name, version, and for
 * operating-system packages the qualifiers `distro` and `upstream` (source package, with `@version` where it differs).
 */
export interface Component {
  readonly purl: string;
  readonly name: string;
  /** In the notation of its ecosystem (with the epoch of a Debian version, the `v` of a Go version). */
  readonly version: string;
  /** Id of the cataloger that found it (`os/dpkg`, `lang/npm`), or `sbom`. */
  readonly foundBy: string;
  /** Sorted, at least one entry, except in an SBOM that tells none. */
  readonly locations: readonly Location[];
  /** Whether the project asks for it itself; null where the file does not tell. */
  readonly direct: boolean | null;
  /** True for what is only needed to develop or test. Left out of the inventory unless asked for. */
  readonly dev: boolean;
  /** SPDX expression or the file's own words, as it stands there. */
  readonly licenses: readonly string[];
  /** purls of the components that it needs, where the file tells. Sorted. */
  readonly dependsOn: readonly string[];
}

/** What was looked at, so that "nothing found" can say what it covers. */
export interface Coverage {
  /** Cataloger id. */
  readonly cataloger: string;
  readonly revision: number;
  readonly files: number;
  readonly components: number;
}

/** What an artifact contains. `components` is sorted by purl and holds each purl once. */
export interface Inventory {
  readonly artifact: Artifact;
  readonly os: OperatingSystem | null;
  readonly config: ImageConfig | null;
  readonly components: readonly Component[];
  readonly coverage: readonly Coverage[];
  readonly problems: readonly Problem[];
}
