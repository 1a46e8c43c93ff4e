import { CodedError, type FailureCode } from '../model/errors.ts';
import type { Artifact, Digest, ImageConfig, Inventory } from '../model/inventory.ts';
import { clip, type Problem, sortProblems } from '../model/problem.ts';
import type { Cataloger } from './cataloger.ts';
import { combine } from './combine.ts';
import { digestOf } from './digest.ts';
import { skipper } from './glob.ts';
import { Budget, Keeper } from './layers/keep.ts';
import { readDirectory, refillDirectory } from './layers/read-directory.ts';
import { type Allowance, readLayer } from './layers/read-layer.ts';
import type { LayerRecord } from './layers/record.ts';
import { refill } from './layers/refill.ts';
import { type Squashed, squash } from './layers/squash.ts';
import { viewOf } from './layers/view.ts';
import { defaultLimits, type Limits } from './limits.ts';
import { maxOsReleaseBytes, osReleasePaths, recogniseOs, releaseFallbackPaths } from './os-release.ts';
import type { DirectorySource, ImageSource } from './source.ts';

export interface ScanOptions {
  readonly catalogers: readonly Cataloger[];
  /** Keep components that are only needed to develop or test. */
  readonly includeDev: boolean;
  /** Globs of folders and files that are not looked at, relative to the root. */
  readonly skipDirs: readonly string[];
  readonly skipFiles: readonly string[];
  /** Bounds other than the usual ones. */
  readonly limits?: Partial<Limits>;
  readonly signal: AbortSignal;
}

const releasePaths: readonly string[] = [...osReleasePaths, ...releaseFallbackPaths];

/** Takes part in the reading like a cataloger, but is asked first and answers with the operating system. */
const osRelease: Cataloger = {
  id: 'os-release',
  about: 'the operating system, from os-release and its older relatives',
  revision: 1,
  maxFileSizeBytes: maxOsReleaseBytes,
  wants: (file) => releasePaths.includes(file.path),
  catalog: () => ({ components: [], problems: [] }),
};

/**
 * Takes the inventory of an opened artifact in one pass over its bytes. The same artifact and options give the same
 * inventory to the byte, whatever shape the artifact came in. Does not close the source.
 * Throws the `CodedError` of the source where the artifact cannot be read at all, and the reason of the signal when aborted.
 */
export async function scan(opened: ImageSource | DirectorySource, options: ScanOptions): Promise<Inventory> {
  const limits = { ...defaultLimits, ...options.limits };
  const keeper = new Keeper(
    [osRelease, ...options.catalogers],
    new Budget(limits),
    skipper(options.skipDirs, options.skipFiles),
  );
  const read =
    opened.kind === 'image'
      ? await readImage(opened, keeper, limits, options.signal)
      : await readFolder(opened, keeper, limits, options.signal);
  options.signal.throwIfAborted();

  const osView = viewOf(read.squashed, 0, read.diffIds);
  const { os, problems: osProblems } = recogniseOs((path) => osView.get(path)?.bytes ?? null);
  const found = options.catalogers.map((cataloger, at) => {
    const view = viewOf(read.squashed, at + 1, read.diffIds);
    return { cataloger, view, catalogued: cataloger.catalog(view, { os, signal: options.signal }) };
  });
  const { components, coverage, problems: foundProblems } = combine(found, options.includeDev, read.diffIds);
  const problems = [...read.problems, ...osProblems, ...foundProblems];
  for (const { keep } of read.squashed.files.values()) problems.push(...keep.problems);
  if (os === null && components.length === 0 && coverage.every(({ files }) => files === 0)) {
    problems.push({
      code: 'nothing-recognised',
      where: clip(opened.kind === 'image' ? (read.artifact?.name ?? '') : opened.name) || 'artifact',
      message: 'No operating system, no package database, no lockfile and no known binary was found in it.',
    });
  }
  const artifact =
    read.artifact ?? directoryArtifact(opened, digestOf(Buffer.from(JSON.stringify({ os, components }))));
  return { artifact, os, config: read.config, components, coverage, problems: sortProblems(problems) };
}

interface Read {
  readonly squashed: Squashed;
  readonly diffIds: readonly Digest[];
  /** Null for a folder, whose digest is that of what is found in it. */
  readonly artifact: Artifact | null;
  readonly config: ImageConfig | null;
  readonly problems: readonly Problem[];
}

/**
 * Failures that are about one layer: the others are read, and the report says what is missing. A network that fails is
 * about all of them, and another run may cure it.
 */
const ofOneLayer: ReadonlySet<string> = new Set<FailureCode>([
  'digest-mismatch',
  'document-invalid',
  'limit-exceeded',
  'source-not-found',
  'source-unreadable',
  'source-unsupported',
]);

async function readImage(source: ImageSource, keeper: Keeper, limits: Limits, signal: AbortSignal): Promise<Read> {
  const allowance: Allowance = { entries: limits.entries, totalBytes: limits.totalBytes };
  const records = new Map<string, LayerRecord>();
  const faults = new Map<string, CodedError>();
  for await (const blob of source.layers(signal)) {
    signal.throwIfAborted();
    try {
      records.set(blob.key, await readLayer(blob, keeper, limits, allowance, signal));
    } catch (error) {
      if (!(error instanceof CodedError) || !ofOneLayer.has(error.code)) throw error;
      faults.set(blob.key, error);
    }
  }
  const facts = await source.describe();
  const problems: Problem[] = [...facts.problems];
  const layers: LayerRecord[] = [];
  const diffIds: Digest[] = [];
  for (const [at, key] of facts.layerKeys.entries()) {
    const layer = facts.artifact.layers[at];
    if (layer === undefined) continue;
    const where = `layer ${layer.diffId}`;
    const record = records.get(key) ?? faults.get(key) ?? (await late(key));
    if (record instanceof CodedError) {
      const told = facts.problems.some((problem) => problem.where === where);
      const code = record.code === 'digest-mismatch' ? record.code : 'unreadable';
      if (!told) problems.push({ code, where, message: clip(record.message, 500) });
      continue;
    }
    records.set(key, record);
    layers.push(record);
    diffIds.push(layer.diffId);
    problems.push(...record.problems.under(where), ...mismatches(record, layer.diffId, layer.digest, where));
  }
  const squashed = squash(layers, keeper);
  for (const [at, missing] of Map.groupBy(squashed.missing, ({ layer }) => layer)) {
    const key = layers[at]?.key;
    if (key !== undefined) await refill(source.reopen(key, signal), missing, keeper, limits, signal);
  }
  return { squashed, diffIds, artifact: facts.artifact, config: facts.config, problems };

  /** A layer that was not among those that streamed by; the reason where it cannot be had. */
  async function late(key: string): Promise<LayerRecord | CodedError> {
    try {
      return await readLayer({ key, bytes: source.reopen(key, signal) }, keeper, limits, allowance, signal);
    } catch (error) {
      if (error instanceof CodedError && error.code !== 'aborted') return error;
      throw error;
    }
  }
}

function mismatches(record: LayerRecord, diffId: Digest, digest: Digest | null, where: string): Problem[] {
  const problems: Problem[] = [];
  const tell = (what: string, actual: Digest, stated: Digest): void => {
    const message = `The layer's ${what} has the digest ${actual}, not ${stated}: the copy is damaged or was changed.`;
    problems.push({ code: 'digest-mismatch', where, message });
  };
  if (record.diffId !== null && record.diffId !== diffId) tell('content', record.diffId, diffId);
  if (record.digest !== null && digest !== null && record.digest !== digest) tell('blob', record.digest, digest);
  return problems;
}

async function readFolder(source: DirectorySource, keeper: Keeper, limits: Limits, signal: AbortSignal): Promise<Read> {
  const { record, problems } = await readDirectory(source, keeper, limits, signal);
  const squashed = squash([record], keeper);
  if (squashed.missing.length > 0) await refillDirectory(source, squashed.missing, keeper, signal);
  return { squashed, diffIds: [], artifact: null, config: null, problems };
}

function directoryArtifact(source: ImageSource | DirectorySource, digest: Digest): Artifact {
  return {
    kind: 'directory',
    name: source.kind === 'directory' ? source.name : '',
    digest,
    digestOf: 'inventory',
    references: [],
    platform: null,
    configDigest: null,
    layers: [],
  };
}
