import { CodedError } from '../../model/errors.ts';
import { clip } from '../../model/problem.ts';
import { checkDigest, isDigest } from '../digest.ts';
import { imageFacts, maxConfigBytes } from '../image-facts.ts';
import {
  choosePlatform,
  type Descriptor,
  isIndexType,
  maxManifestBytes,
  parseImageDocument,
  parseIndex,
} from '../image-manifest.ts';
import { isRecord, stringsOf } from '../json.ts';
import { normalPath } from '../layers/tar-entries.ts';
import type { ImageFacts } from '../source.ts';

/** Named bytes that together are one or more images: members of an archive, or files of a layout. */
export interface Contents {
  /** The name with links followed; null where nothing is there. */
  find(name: string): string | null;
  /** A document. Null where it is not there; throws `limit-exceeded` where it is larger than `mostBytes`. */
  read(name: string, mostBytes: number): Promise<Uint8Array | null>;
}

/** Which image is meant, as far as the user said it. */
export interface Wanted {
  /** As the user named the place, without prefix. */
  readonly name: string;
  /** Tag, name or digest of one image among several; null for the only one. */
  readonly reference: string | null;
  readonly platform: string | null;
}

/** Deepest nesting of indexes that is followed. Real ones have two. */
const mostNested = 8;

/**
 * Finds the image: by `index.json` (OCI image layout; also in what Docker from version 25 and containerd save), else by
 * `manifest.json` (`docker save`, skopeo, podman). `layerKeys` are the names of the layers in `contents`, links followed.
 * Throws `source-unsupported` where it is no image, `source-not-found` where the choice is not clear or not there.
 */
export async function chooseImage(contents: Contents, wanted: Wanted): Promise<ImageFacts> {
  const where = clip(wanted.name);
  const index = await contents.read('index.json', maxManifestBytes);
  if (index !== null) return fromIndex(contents, wanted, index, await dockerTags(contents, where));
  const manifest = await contents.read('manifest.json', maxManifestBytes);
  if (manifest !== null) return fromDockerManifest(contents, wanted, dockerImages(manifest, where));
  if (contents.find('repositories') !== null) {
    throw new CodedError(
      'source-unsupported',
      `${where}: saved by a Docker before version 1.10, without manifest.json.`,
      {
        remedy: 'Load it into a current Docker and save it again.',
      },
    );
  }
  throw new CodedError(
    'source-unsupported',
    `${where}: no container image: it has neither index.json nor manifest.json.`,
    {
      remedy:
        'Give an archive of docker save, podman save, skopeo or buildah, or an OCI layout; for a folder write dir:PATH.',
    },
  );
}

async function fromIndex(
  contents: Contents,
  wanted: Wanted,
  bytes: Uint8Array,
  tags: readonly DockerImage[],
): Promise<ImageFacts> {
  const where = clip(wanted.name);
  let entry = chooseTagged(parseIndex(bytes, `${where}: index.json`).manifests, wanted, contents, where);
  const references = namesOf(entry);
  for (let depth = 0; ; depth++) {
    const blob = await blobOf(contents, entry, maxManifestBytes, where);
    const document = parseImageDocument(blob, `${where}: ${entry.digest}`);
    if (document.kind === 'manifest') {
      const configBytes = await blobOf(contents, document.config, maxConfigBytes, where);
      const names = document.layers.map((layer) => blobName(layer));
      const tagged = tags.filter(({ config }) => contents.find(config) === contents.find(blobName(document.config)));
      return imageFacts({
        name: wanted.name,
        references: [...references, ...tagged.flatMap((image) => image.tags)],
        manifestBytes: blob,
        configBytes,
        configDigest: document.config.digest,
        layerKeys: names.map((name) => contents.find(name) ?? name),
        platform: wanted.platform,
        has: (key) => contents.find(key) !== null,
      });
    }
    if (depth >= mostNested)
      throw new CodedError('limit-exceeded', `${where}: indexes nested more than ${mostNested} deep.`);
    entry = choosePlatform(present(document.manifests, contents), wanted.platform, where);
  }
}

/** Only what is there: `docker save` and `ctr export` list all platforms but bring one. */
function present(manifests: readonly Descriptor[], contents: Contents): readonly Descriptor[] {
  const there = manifests.filter((entry) => contents.find(blobName(entry)) !== null);
  return there.length > 0 ? there : manifests;
}

function chooseTagged(all: readonly Descriptor[], wanted: Wanted, contents: Contents, where: string): Descriptor {
  const { reference } = wanted;
  const named = all.filter((entry) => reference === null || isCalled(entry, reference));
  const entries = present(named, contents);
  const names = [...new Set(all.flatMap(namesOf))];
  const list = clip(names.slice(0, 20).join(', '), 400);
  if (entries.length === 0) {
    throw new CodedError(
      'source-not-found',
      `${where}: no image ${reference === null ? 'in it' : `called ${clip(reference)}`}.`,
      {
        remedy: names.length > 0 ? `There is: ${list}.` : 'Its index names no image.',
      },
    );
  }
  const [first] = entries;
  if (first !== undefined && entries.every((entry) => entry.digest === first.digest)) return first;
  if (reference === null && new Set(entries.flatMap((entry) => namesOf(entry).slice(0, 1))).size > 1) {
    throw new CodedError('source-not-found', `${where}: it holds several images: ${list}.`, {
      remedy: 'Choose one by writing its name behind the path: PATH:NAME.',
    });
  }
  return choosePlatform(entries, wanted.platform, where);
}

/** The full name first, where there is one. */
function namesOf(entry: Descriptor): string[] {
  const full = entry.annotations.get('io.containerd.image.name');
  const tag = entry.annotations.get('org.opencontainers.image.ref.name');
  if (full !== undefined) return [full];
  return tag === undefined ? [] : [tag];
}

function isCalled(entry: Descriptor, reference: string): boolean {
  if (entry.digest === reference) return true;
  const tag = entry.annotations.get('org.opencontainers.image.ref.name');
  return tag === reference || namesOf(entry).some((name) => name === reference || name.endsWith(`/${reference}`));
}

/** Blobs of a layout lie under their digest (OCI image layout specification). */
function blobName(descriptor: Descriptor): string {
  return `blobs/sha256/${descriptor.digest.slice('sha256:'.length)}`;
}

async function blobOf(contents: Contents, entry: Descriptor, mostBytes: number, where: string): Promise<Uint8Array> {
  const bytes = await contents.read(blobName(entry), mostBytes);
  if (bytes === null) {
    const what = isIndexType(entry.mediaType) ? 'index' : 'document';
    throw new CodedError('source-unreadable', `${where}: the ${what} ${entry.digest} is missing from it.`, {
      remedy: 'The copy is incomplete: save it again.',
    });
  }
  checkDigest(bytes, entry.digest, `${where}: ${blobName(entry)}`);
  return bytes;
}

/** One entry of a Docker `manifest.json`. Docker image specification v1.2, "Combined Image JSON + Filesystem Changeset Format". */
interface DockerImage {
  readonly config: string;
  readonly tags: readonly string[];
  readonly layers: readonly string[];
}

/** The `manifest.json` beside an `index.json` is only asked for names: what is wrong with it does not matter. */
async function dockerTags(contents: Contents, where: string): Promise<readonly DockerImage[]> {
  try {
    const bytes = await contents.read('manifest.json', maxManifestBytes);
    return bytes === null ? [] : dockerImages(bytes, where);
  } catch (error) {
    if (error instanceof CodedError) return [];
    throw error;
  }
}

function dockerImages(bytes: Uint8Array, where: string): DockerImage[] {
  const invalid = (what: string): CodedError => new CodedError('document-invalid', `${where}: manifest.json: ${what}.`);
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    throw invalid('not JSON');
  }
  if (!Array.isArray(json)) throw invalid('no list of images');
  return json.map((image, at) => {
    const config = isRecord(image) && typeof image['Config'] === 'string' ? normalPath(image['Config']) : null;
    const layers = isRecord(image) ? stringsOf(image['Layers']).map((name) => normalPath(name)) : [];
    if (!isRecord(image) || config === null || layers.includes(null))
      throw invalid(`image ${at} has no usable Config and Layers`);
    return { config, tags: stringsOf(image['RepoTags']), layers: layers.filter((name) => name !== null) };
  });
}

async function fromDockerManifest(
  contents: Contents,
  wanted: Wanted,
  all: readonly DockerImage[],
): Promise<ImageFacts> {
  const where = clip(wanted.name);
  const { reference } = wanted;
  const images = all.filter(
    (image) => reference === null || image.tags.some((tag) => tag === reference || tag.endsWith(`/${reference}`)),
  );
  const [image] = images;
  const list = clip(
    all
      .flatMap(({ tags }) => tags)
      .slice(0, 20)
      .join(', '),
    400,
  );
  if (image === undefined) {
    throw new CodedError(
      'source-not-found',
      `${where}: no image ${reference === null ? 'in it' : `called ${clip(reference)}`}.`,
      {
        remedy: list === '' ? 'Its manifest.json names no image.' : `There is: ${list}.`,
      },
    );
  }
  if (images.some(({ config }) => config !== image.config)) {
    throw new CodedError('source-not-found', `${where}: it holds several images: ${list}.`, {
      remedy: 'Choose one by writing its name behind the path: PATH:NAME.',
    });
  }
  const configBytes = await contents.read(image.config, maxConfigBytes);
  if (configBytes === null) {
    throw new CodedError('source-unreadable', `${where}: the configuration ${clip(image.config)} is missing from it.`, {
      remedy: 'The copy is incomplete: save it again.',
    });
  }
  // Both ways of naming it end in its digest: `<hex>.json` and `blobs/sha256/<hex>`.
  const digest = `sha256:${image.config.slice(image.config.lastIndexOf('/') + 1).replace(/\.json$/, '')}`;
  return imageFacts({
    name: wanted.name,
    references: images.flatMap(({ tags }) => tags),
    manifestBytes: null,
    configBytes,
    configDigest: isDigest(digest) ? digest : null,
    layerKeys: image.layers.map((name) => contents.find(name) ?? name),
    platform: wanted.platform,
  });
}
