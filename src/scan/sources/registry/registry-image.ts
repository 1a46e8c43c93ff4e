import { CodedError } from '../../../model/errors.ts';
import type { Digest } from '../../../model/inventory.ts';
import { imageFacts, maxConfigBytes } from '../../image-facts.ts';
import {
  acceptedMediaTypes,
  choosePlatform,
  type Descriptor,
  type ImageManifest,
  isForeignLayer,
  maxManifestBytes,
  parseImageDocument,
} from '../../image-manifest.ts';
import { formatReference, type ImageReference } from '../../registry-client/reference.ts';
import { openRegistryClient, type RegistryClient } from '../../registry-client/registry-client.ts';
import type { ImageFacts, ImageSource, LayerBlob, SourceOptions } from '../../source.ts';
import { readAhead } from './read-ahead.ts';

/** An index may name an index, and that one more. */
const mostIndexes = 3;

/** Reads manifest and configuration; the layers are read when they are asked for. */
export async function openRegistryImage(
  target: string,
  reference: ImageReference,
  options: SourceOptions,
): Promise<ImageSource> {
  const client = await openRegistryClient(reference, options);
  try {
    const { bytes, manifest } = await findManifest(client, reference, options.platform);
    const { config } = manifest;
    const configBytes = await client.blobBytes(config.digest, config.sizeBytes, maxConfigBytes);
    const layers = distinctLayers(manifest);
    const facts = imageFacts({
      name: target,
      references: reference.tag === null ? [] : [formatReference({ ...reference, digest: null })],
      manifestBytes: bytes,
      configBytes,
      configDigest: null,
      layerKeys: null,
      platform: options.platform,
      has: (key) => layers.has(key),
    });
    return new RegistryImage(client, layers, facts);
  } catch (error) {
    await client.close();
    throw error;
  }
}

async function findManifest(
  client: RegistryClient,
  reference: ImageReference,
  platform: string | null,
): Promise<{ bytes: Uint8Array; manifest: ImageManifest }> {
  const where = formatReference(reference);
  let name: string = reference.digest ?? reference.tag ?? 'latest';
  for (let depth = 0; depth <= mostIndexes; depth++) {
    const { bytes } = await client.manifest(name, acceptedMediaTypes, maxManifestBytes);
    const document = parseImageDocument(bytes, where);
    if (document.kind === 'manifest') return { bytes, manifest: document };
    name = choosePlatform(document.manifests, platform, where).digest;
  }
  throw new CodedError('limit-exceeded', `${where}: indexes lie within each other more than ${mostIndexes} deep.`);
}

/** Each blob once, lowest first, without those that their publisher keeps elsewhere. */
function distinctLayers(manifest: ImageManifest): ReadonlyMap<string, Descriptor> {
  const layers = manifest.layers.filter((layer) => !isForeignLayer(layer.mediaType));
  return new Map(layers.map((layer) => [layer.digest, layer]));
}

class RegistryImage implements ImageSource {
  readonly kind = 'image';
  readonly #client: RegistryClient;
  readonly #layers: ReadonlyMap<string, Descriptor>;
  readonly #facts: ImageFacts;

  constructor(client: RegistryClient, layers: ReadonlyMap<string, Descriptor>, facts: ImageFacts) {
    this.#client = client;
    this.#layers = layers;
    this.#facts = facts;
  }

  async *layers(signal: AbortSignal): AsyncGenerator<LayerBlob> {
    const blobs = [...this.#layers.values()].map((layer) => ({
      key: layer.digest,
      open: (stop: AbortSignal) => this.#client.blob(layer.digest, layer.sizeBytes, stop),
    }));
    yield* readAhead(blobs, signal);
  }

  async describe(): Promise<ImageFacts> {
    return this.#facts;
  }

  reopen(key: string, signal: AbortSignal): AsyncIterable<Uint8Array> {
    const layer = this.#layers.get(key);
    if (layer === undefined) {
      throw new CodedError('source-not-found', `The layer ${key} is not distributed with the image.`);
    }
    return this.#client.blob(key as Digest, layer.sizeBytes, signal);
  }

  async close(): Promise<void> {
    await this.#client.close();
  }
}
