// Images that are right but for one place: made by hand, because no tool writes them.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TarPiece, tarBytes } from '../../src/scan/testing/tar-bytes.ts';
import { root } from '../real/parts.ts';

const source = join(root, 'demo/source');
const read = (path: string) => readFileSync(join(source, path));

/** The lower layer of the demo's image: Debian 12 with three packages. */
export const base = tarBytes([
  { path: 'usr/lib/os-release', content: read('base/usr/lib/os-release') },
  { path: 'var/lib/dpkg/status', content: read('base/var/lib/dpkg/status') },
]);

/** Its upper layer: an application with three npm packages. */
export const app = tarBytes(
  ['rope-walk', 'sail-loft', 'tide-table'].map((name) => ({
    path: `srv/shop/node_modules/${name}/package.json`,
    content: read(`app/srv/shop/node_modules/${name}/package.json`),
  })),
);

export const baseComponents = [
  'pkg:deb/debian/harbor-tools@2.4.1-1+deb12u1',
  'pkg:deb/debian/libharbor1@2.4.1-1+deb12u1',
  'pkg:deb/debian/lighthouse@1:5.2-3',
];
export const appComponents = ['pkg:npm/rope-walk@1.2.0', 'pkg:npm/sail-loft@0.4.1', 'pkg:npm/tide-table@3.0.2'];
/** What is found in both layers together. */
export const allComponents = [...baseComponents, ...appComponents];

export const hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** A layer: its tar, and what is stored in its place where that is something else. */
export interface Layer {
  readonly tar: Uint8Array;
  readonly stored?: Uint8Array;
  /** The digest that the configuration states; that of `tar` when left out. */
  readonly diffId?: string;
}

export const layer = (tar: Uint8Array): Layer => ({ tar });
export const diffIdOf = ({ tar, diffId }: Layer): string => diffId ?? `sha256:${hex(tar)}`;

const configOf = (layers: readonly Layer[]) =>
  JSON.stringify({ os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: layers.map(diffIdOf) } });

/** The members of `docker save` for these layers, manifest last. */
export function dockerPieces(layers: readonly Layer[]): TarPiece[] {
  const config = configOf(layers);
  const names = layers.map((one, at) => `${at}-${hex(one.tar).slice(0, 12)}/layer.tar`);
  const manifest = [{ Config: 'config.json', RepoTags: ['shop:1.0'], Layers: names }];
  return [
    { path: 'config.json', content: config },
    ...layers.map((one, at) => ({ path: names[at] ?? '', content: one.stored ?? one.tar })),
    { path: 'manifest.json', content: JSON.stringify(manifest) },
  ];
}

/** An archive as of `docker save`. */
export function dockerArchive(layers: readonly Layer[]): Buffer {
  return tarBytes(dockerPieces(layers));
}

/** The blobs of an OCI image, by digest, and the digest of its manifest. */
export function ociBlobs(layers: readonly Layer[]): { manifest: string; blobs: Map<string, Buffer> } {
  const blobs = new Map<string, Buffer>();
  const put = (bytes: Uint8Array, mediaType: string) => {
    const digest = `sha256:${hex(bytes)}`;
    blobs.set(digest, Buffer.from(bytes));
    return { mediaType, digest, size: bytes.length };
  };
  const config = put(Buffer.from(configOf(layers)), 'application/vnd.oci.image.config.v1+json');
  const parts = layers.map((one) => put(one.stored ?? one.tar, 'application/vnd.oci.image.layer.v1.tar'));
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const document = { schemaVersion: 2, mediaType, config, layers: parts };
  const manifest = put(Buffer.from(JSON.stringify(document)), mediaType).digest;
  return { manifest, blobs };
}

/** Writes an OCI image layout and returns the files of its blobs by digest. */
export function ociLayout(
  folder: string,
  layers: readonly Layer[],
): { manifest: string; fileOf(digest: string): string } {
  const { manifest, blobs } = ociBlobs(layers);
  const fileOf = (digest: string) => join(folder, 'blobs/sha256', digest.slice(7));
  mkdirSync(join(folder, 'blobs/sha256'), { recursive: true });
  for (const [digest, bytes] of blobs) writeFileSync(fileOf(digest), bytes);
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const size = blobs.get(manifest)?.length;
  writeFileSync(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(folder, 'index.json'), JSON.stringify({ manifests: [{ mediaType, digest: manifest, size }] }));
  return { manifest, fileOf };
}
