import { CodedError } from '../model/errors.ts';
import type { Digest } from '../model/inventory.ts';
import { clip } from '../model/problem.ts';
import { isDigest } from './digest.ts';
import { isRecord, type JsonRecord, parseJsonRecord } from './json.ts';
import { defaultPlatform, formatPlatform, type Platform, parsePlatform, samePlatform } from './platform.ts';

/** Largest index or manifest that is read; what the distribution specification asks registries to accept. */
export const maxManifestBytes = 4 * 1024 * 1024;
/** Most entries of an index and most layers of a manifest. Docker stops at 127 layers, overlayfs at 500. */
export const maxDescriptors = 4096;

/** https://github.com/opencontainers/image-spec/blob/main/descriptor.md */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
  readonly platform: Platform | null;
  readonly annotations: ReadonlyMap<string, string>;
}

/** An OCI image index or a Docker manifest list. */
export interface ImageIndex {
  readonly kind: 'index';
  readonly manifests: readonly Descriptor[];
}

/** An OCI image manifest or a Docker v2 schema 2 manifest. */
export interface ImageManifest {
  readonly kind: 'manifest';
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

const indexTypes = new Set([
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]);
const manifestTypes = new Set([
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]);
const configTypes = new Set([
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
]);

/** For the `Accept` header of a registry: every kind of document that `parseImageDocument` reads. */
export const acceptedMediaTypes: readonly string[] = [...indexTypes, ...manifestTypes];

/** Whether a descriptor names an index (to be opened further) rather than one image. */
export function isIndexType(mediaType: string): boolean {
  return indexTypes.has(mediaType);
}

/** Whether a layer is one that its publisher keeps elsewhere (Windows base layers): often not there, and no error of the copy. */
export function isForeignLayer(mediaType: string): boolean {
  return mediaType.includes('.nondistributable.') || mediaType.includes('.foreign.');
}

/**
 * An index or a manifest, whichever the bytes hold. `where` names the document in messages. Digests are not checked here.
 * Throws `document-invalid` for a wrong shape, `limit-exceeded` for size or count, `source-unsupported` for what is no container image.
 */
export function parseImageDocument(bytes: Uint8Array, where: string): ImageIndex | ImageManifest {
  const json = parseJsonRecord(bytes, where, maxManifestBytes);
  const mediaType = typeof json['mediaType'] === 'string' ? json['mediaType'] : '';
  if (json['schemaVersion'] === 1 || 'fsLayers' in json) {
    throw new CodedError(
      'source-unsupported',
      `${where}: Docker image manifest version 1, which names no configuration.`,
      {
        remedy: 'Push the image again with a current tool; registries stopped taking this format.',
      },
    );
  }
  // The media type must agree with the content: a document with both could be read as either (CVE-2021-41190).
  const hasManifests = 'manifests' in json;
  const hasLayers = 'layers' in json || 'config' in json;
  if (hasManifests && hasLayers) throw invalid(where, 'it is an index and a manifest at once');
  if (indexTypes.has(mediaType) && !hasManifests) throw invalid(where, 'an index without "manifests"');
  if (manifestTypes.has(mediaType) && hasManifests) throw invalid(where, 'a manifest with "manifests"');
  if (hasManifests) return { kind: 'index', manifests: descriptors(json['manifests'], `${where}: manifests`) };
  return manifest(json, where);
}

/** As `parseImageDocument`, where only an index will do. */
export function parseIndex(bytes: Uint8Array, where: string): ImageIndex {
  const document = parseImageDocument(bytes, where);
  if (document.kind !== 'index') throw invalid(where, 'an image index was expected, not a manifest');
  return document;
}

/** As `parseImageDocument`, where only a manifest will do. */
export function parseManifest(bytes: Uint8Array, where: string): ImageManifest {
  const document = parseImageDocument(bytes, where);
  if (document.kind !== 'manifest') throw invalid(where, 'an image manifest was expected, not an index');
  return document;
}

function manifest(json: JsonRecord, where: string): ImageManifest {
  const config = descriptor(json['config'], `${where}: config`);
  const layers = descriptors(json['layers'], `${where}: layers`);
  // Before the config type existed in practice some tools left it empty; anything else that is named is another artifact.
  if (config.mediaType !== '' && !configTypes.has(config.mediaType)) {
    throw new CodedError(
      'source-unsupported',
      `${where}: no container image, but an artifact of type ${clip(config.mediaType, 100)}.`,
    );
  }
  return { kind: 'manifest', config, layers };
}

/**
 * The image of an index that fits the platform. Attestations and other entries that run nowhere are passed over.
 * `platform` null: linux on this machine's architecture, or the only image there is.
 * Throws `source-not-found` with the platforms that there are, where none or more than one fits.
 */
export function choosePlatform(manifests: readonly Descriptor[], platform: string | null, where: string): Descriptor {
  const images = manifests.filter(isImage);
  const wanted = platform === null ? defaultPlatform() : parsePlatform(platform);
  const fitting = images.filter((m) => m.platform !== null && samePlatform(m.platform, wanted));
  const [first] = fitting;
  if (first !== undefined) return first;
  // `arm64` alone asks for any variant of it.
  const anyVariant = images.filter(
    (m) => wanted.variant === null && m.platform !== null && samePlatform({ ...m.platform, variant: null }, wanted),
  );
  const found =
    anyVariant[0] ??
    (images.length === 1 && (platform === null || images[0]?.platform === null) ? images[0] : undefined);
  if (found !== undefined) return found;
  const names = [...new Set(images.map((m) => (m.platform === null ? 'unnamed' : formatPlatform(m.platform))))];
  const list = clip(names.slice(0, 20).join(', '), 400) || 'none';
  throw new CodedError('source-not-found', `${where}: no image for ${formatPlatform(wanted)}; there is: ${list}.`, {
    remedy: names.length > 0 ? 'Choose one of them with --platform.' : 'The index holds no container image.',
  });
}

function isImage(entry: Descriptor): boolean {
  if (entry.annotations.has('vnd.docker.reference.type')) return false;
  if (entry.platform?.os === 'unknown' && entry.platform.architecture === 'unknown') return false;
  return entry.mediaType === '' || indexTypes.has(entry.mediaType) || manifestTypes.has(entry.mediaType);
}

function descriptors(value: unknown, where: string): Descriptor[] {
  if (!Array.isArray(value)) throw invalid(where, 'a list was expected');
  if (value.length > maxDescriptors) {
    throw new CodedError(
      'limit-exceeded',
      `${where}: ${value.length} entries are more than the ${maxDescriptors} that are read.`,
    );
  }
  return value.map((entry, at) => descriptor(entry, `${where}[${at}]`));
}

function descriptor(value: unknown, where: string): Descriptor {
  if (!isRecord(value)) throw invalid(where, 'an object with mediaType, digest and size was expected');
  const { mediaType, digest, size, platform, annotations } = value;
  if (!isDigest(digest)) {
    if (typeof digest === 'string' && digest.startsWith('sha512:')) {
      throw new CodedError('source-unsupported', `${where}: digests other than sha256 are not supported.`);
    }
    throw invalid(where, `"${clip(String(digest), 80)}" is no sha256 digest`);
  }
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0)
    throw invalid(where, 'its size is no byte count');
  if (mediaType !== undefined && typeof mediaType !== 'string') throw invalid(where, 'its mediaType is no text');
  const entries = isRecord(annotations) ? Object.entries(annotations) : [];
  return {
    mediaType: mediaType ?? '',
    digest,
    sizeBytes: size,
    platform: platformOf(platform),
    annotations: new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string')),
  };
}

/** Platform from an index entry or an image configuration; null where it is not told. */
export function platformOf(value: unknown): Platform | null {
  if (!isRecord(value)) return null;
  const { os, architecture, variant } = value;
  if (typeof os !== 'string' || typeof architecture !== 'string' || os === '' || architecture === '') return null;
  return { os, architecture, variant: typeof variant === 'string' && variant !== '' ? variant : null };
}

function invalid(where: string, what: string): CodedError {
  return new CodedError('document-invalid', `${where}: ${what}.`, {
    remedy: 'The image is damaged or was written by a tool that does not follow the OCI image specification.',
  });
}
