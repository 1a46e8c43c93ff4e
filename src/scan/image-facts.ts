import { CodedError } from '../model/errors.ts';
import type { Digest, ImageConfig, Layer } from '../model/inventory.ts';
import { clip, type Problem } from '../model/problem.ts';
import { checkDigest, digestOf, isDigest } from './digest.ts';
import { isForeignLayer, parseManifest, platformOf } from './image-manifest.ts';
import { isRecord, type JsonRecord, parseJsonRecord, stringsOf } from './json.ts';
import { maxLayers } from './limits.ts';
import { formatPlatform, parsePlatform, samePlatform } from './platform.ts';
import type { ImageFacts } from './source.ts';

/** Largest image configuration that is read. Real ones have a few kilobytes. */
export const maxConfigBytes = 8 * 1024 * 1024;

/** The documents of one image, as a source holds them. */
export interface ImageParts {
  /** As the user named it, without prefix. */
  readonly name: string;
  readonly references: readonly string[];
  /** Bytes of the image's manifest; null where the source holds none (`docker save` before version 25). */
  readonly manifestBytes: Uint8Array | null;
  readonly configBytes: Uint8Array;
  /** Digest of the configuration as a file name or digest of the source states it; checked. Null where only the manifest tells. */
  readonly configDigest: Digest | null;
  /** `LayerBlob.key` of each layer, lowest first; null: the digests that the manifest names. */
  readonly layerKeys: readonly string[] | null;
  /** What the user asked for with `--platform`; an image for another one is refused. */
  readonly platform: string | null;
  /** Whether the source holds the blob of this key. Without it every layer counts as held. */
  has?(key: string): boolean;
}

/**
 * What an image is, from its manifest and configuration (OCI image specification 1.1, Docker image specification 1.2).
 * Checks the configuration against its digest and the number of layers against the manifest.
 * Throws `digest-mismatch`, `document-invalid`, `limit-exceeded`, or `source-not-found` for the wrong platform.
 */
export function imageFacts(parts: ImageParts): ImageFacts {
  const where = `image ${clip(parts.name)}`;
  const manifest = parts.manifestBytes === null ? null : parseManifest(parts.manifestBytes, `${where}: manifest`);
  const stated = manifest?.config.digest ?? parts.configDigest;
  if (stated !== null) checkDigest(parts.configBytes, stated, `${where}: configuration`);
  const configDigest = digestOf(parts.configBytes);
  const json = parseJsonRecord(parts.configBytes, `${where}: configuration`, maxConfigBytes);
  const diffIds = diffIdsOf(json, `${where}: configuration`);
  const layerKeys = parts.layerKeys ?? manifest?.layers.map((layer) => layer.digest) ?? [];
  if (layerKeys.length !== diffIds.length || (manifest !== null && manifest.layers.length !== diffIds.length)) {
    throw new CodedError(
      'document-invalid',
      `${where}: its configuration names ${diffIds.length} layers, its manifest ${manifest?.layers.length ?? layerKeys.length}.`,
      { remedy: 'The image is damaged: fetch or save it again.' },
    );
  }
  const problems: Problem[] = [];
  for (const [at, layer] of (manifest?.layers ?? []).entries()) {
    const key = layerKeys[at];
    if (!isForeignLayer(layer.mediaType) || (key !== undefined && parts.has?.(key) === true)) continue;
    problems.push({
      code: 'unsupported',
      where: `layer ${diffIds[at]}`,
      message: `The layer is not distributed with the image (${clip(layer.mediaType, 100)}); what it holds was not scanned.`,
    });
  }
  const createdBy = historyOf(json);
  const layers: Layer[] = diffIds.map((diffId, at) => ({
    diffId,
    digest: manifest?.layers[at]?.digest ?? null,
    createdBy: createdBy[at] ?? null,
  }));
  return {
    artifact: {
      kind: 'image',
      name: parts.name,
      digest: parts.manifestBytes === null ? configDigest : digestOf(parts.manifestBytes),
      digestOf: parts.manifestBytes === null ? 'config' : 'manifest',
      references: [...new Set(parts.references)].sort(),
      platform: checkedPlatform(json, parts.platform, where),
      configDigest,
      layers,
    },
    config: runConfig(json),
    layerKeys,
    problems,
  };
}

function checkedPlatform(json: JsonRecord, asked: string | null, where: string): string | null {
  const platform = platformOf(json);
  if (asked !== null && platform !== null) {
    const wanted = parsePlatform(asked);
    const same =
      wanted.variant === null ? samePlatform({ ...platform, variant: null }, wanted) : samePlatform(platform, wanted);
    if (!same) {
      throw new CodedError(
        'source-not-found',
        `${where}: it is built for ${formatPlatform(platform)}, not for ${asked}.`,
        {
          remedy: 'Leave --platform out, or name an image that is built for it.',
        },
      );
    }
  }
  return platform === null ? null : formatPlatform(platform);
}

function diffIdsOf(json: JsonRecord, where: string): Digest[] {
  const rootfs = json['rootfs'];
  const list = isRecord(rootfs) ? rootfs['diff_ids'] : null;
  // An image FROM scratch without any layer has `null` here when Go wrote it.
  if (isRecord(rootfs) && list === null) return [];
  if (!Array.isArray(list) || !list.every(isDigest)) {
    throw new CodedError('document-invalid', `${where}: "rootfs.diff_ids" is no list of sha256 digests.`);
  }
  if (list.length > maxLayers) {
    throw new CodedError(
      'limit-exceeded',
      `${where}: ${list.length} layers are more than the ${maxLayers} that are read.`,
    );
  }
  return list;
}

/** The instruction of each layer, lowest first. Entries that made no layer (ENV, CMD …) are passed over. */
function historyOf(json: JsonRecord): (string | null)[] {
  const history = Array.isArray(json['history']) ? json['history'] : [];
  return history
    .filter((entry) => isRecord(entry) && entry['empty_layer'] !== true)
    .map((entry) => (isRecord(entry) && typeof entry['created_by'] === 'string' ? entry['created_by'] : null));
}

function runConfig(json: JsonRecord): ImageConfig {
  const config = isRecord(json['config']) ? json['config'] : {};
  const labels = isRecord(config['Labels']) ? Object.entries(config['Labels']) : [];
  const ports = isRecord(config['ExposedPorts']) ? Object.keys(config['ExposedPorts']) : [];
  return {
    user: typeof config['User'] === 'string' ? config['User'] : '',
    entrypoint: stringsOf(config['Entrypoint']),
    cmd: stringsOf(config['Cmd']),
    env: stringsOf(config['Env']).map((variable) => variable.split('=', 1)[0] ?? ''),
    exposedPorts: ports.sort(),
    // fromEntries makes own properties, also of a label that is called `__proto__`.
    labels: Object.fromEntries(
      labels.filter(([, text]) => typeof text === 'string').sort(([a], [b]) => (a < b ? -1 : 1)),
    ) as Record<string, string>,
    created: typeof json['created'] === 'string' ? json['created'] : null,
  };
}
