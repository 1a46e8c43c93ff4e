import { hash } from 'node:crypto';
import { CodedError } from '../../model/errors.ts';
import { digestOf } from '../digest.ts';
import { imageFacts } from '../image-facts.ts';
import type { ImageSource } from '../source.ts';
import { chunked } from './tar-bytes.ts';

/** An image whose layers are at hand: uncompressed content that is stated, and the bytes that are handed out for it. */
export interface MemoryLayer {
  readonly tar: Uint8Array;
  /** What is stored in its stead (compressed, damaged); `tar` itself when left out, null for a layer that is not there. */
  readonly stored?: Uint8Array | null;
}

/** An image source for tests. Layers come highest first when `turned`. */
export function memoryImage(
  layers: readonly MemoryLayer[],
  options: { turned?: boolean; chunk?: number } = {},
): ImageSource {
  const blobs = new Map(
    layers.map((layer, at) => [`layer-${at}`, layer.stored === undefined ? layer.tar : layer.stored]),
  );
  const keys = [...blobs.keys()];
  const config = {
    os: 'linux',
    architecture: 'amd64',
    rootfs: { type: 'layers', diff_ids: layers.map(({ tar }) => `sha256:${hash('sha256', tar)}`) },
  };
  const configBytes = Buffer.from(JSON.stringify(config));
  return {
    kind: 'image',
    async *layers() {
      for (const key of options.turned === true ? [...keys].reverse() : keys) {
        const bytes = blobs.get(key);
        if (bytes) yield { key, bytes: chunked(bytes, options.chunk ?? 65_536) };
      }
    },
    describe: async () =>
      imageFacts({
        name: 'memory',
        references: [],
        manifestBytes: null,
        configBytes,
        configDigest: digestOf(configBytes),
        layerKeys: keys,
        platform: null,
      }),
    reopen: (key) => {
      const bytes = blobs.get(key);
      if (!bytes) throw new CodedError('source-unreadable', `${key} is missing.`);
      return chunked(bytes, 1000);
    },
    close: async () => {},
  };
}
