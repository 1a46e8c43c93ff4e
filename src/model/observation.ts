import type { Digest } from './inventory.ts';
import type { Problem } from './problem.ts';

/** A file that differs in a running container from the image that it was started from. */
export interface FileChange {
  /** Absolute, in the container; control characters replaced. */
  readonly path: string;
  readonly kind: 'added' | 'changed' | 'deleted';
}

/** The labels that may name what a container is. No other is read: labels hold anything, also secrets. */
export const observedLabels = [
  'com.docker.compose.project',
  'com.docker.compose.service',
  'kvitto.environment',
  'kvitto.service',
  'org.opencontainers.image.title',
  'org.opencontainers.image.version',
] as const;

export type ObservedLabel = (typeof observedLabels)[number];

/** A container that runs (also paused, or between two starts). Texts are made printable and clipped. */
export interface ObservedContainer {
  /** 64 lower-case hex digits. */
  readonly id: string;
  readonly name: string;
  /** The image as the container was started with it: `team/shop:1.2`, `sha256:…`. The name may mean another image by now. */
  readonly image: string;
  /** The daemon's id of the image: the digest of its configuration; in Docker's containerd store, of its manifest or index. */
  readonly configDigest: Digest;
  /** Manifest and index digests under which the daemon knows the image, sorted. Empty for one that was never pulled. */
  readonly manifestDigests: readonly Digest[];
  readonly labels: Readonly<Partial<Record<ObservedLabel, string>>>;
  /** UTC instant, RFC 3339. */
  readonly startedAt: string;
  /** Files that differ from the image, each folder before what is in it; null where that was not asked or not answered. */
  readonly changes: readonly FileChange[] | null;
  /** How many further changes there are that are not listed. */
  readonly moreChanges: number;
  /** What could not be read of this container. */
  readonly problems: readonly Problem[];
}

/** What was seen running on one host. */
export interface Observation {
  readonly source: 'docker' | 'podman';
  /** UTC instant at which the containers were listed, RFC 3339. */
  readonly at: string;
  /** Whether changed files were asked for. */
  readonly changesAsked: boolean;
  /** Sorted by name, then id. */
  readonly containers: readonly ObservedContainer[];
  /** What could not be read beside them: with one of these, a container that is not listed may run all the same. */
  readonly problems: readonly Problem[];
}
