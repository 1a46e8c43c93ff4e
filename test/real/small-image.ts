import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './tool.ts';

/** An OCI layout that umoci wrote, with an image for each architecture and an index of them all. */
export interface SmallImage {
  /** Folder of the layout. */
  readonly layout: string;
  /** Digest of the manifest, and of its layers' uncompressed bytes, by architecture. The tag is the architecture. */
  readonly images: ReadonlyMap<
    string,
    { readonly manifest: string; readonly diffIds: readonly string[]; readonly config: string }
  >;
  /** Digest of the index, whose tag is `all`. */
  readonly index: string;
}

export const smallImagePrograms = ['umoci', 'tar'] as const;

const architectures = ['amd64', 'arm64'] as const;

/** Builds it below `folder`, which is there. Three layers, of which the last takes a file away again. */
export async function buildSmallImage(folder: string): Promise<SmallImage> {
  const layout = join(folder, 'layout');
  await run('umoci', ['init', '--layout', layout]);
  const images = new Map<string, { manifest: string; diffIds: string[]; config: string }>();
  const entries: unknown[] = [];
  for (const architecture of architectures) {
    const root = join(folder, architecture);
    await mkdir(join(root, 'etc'), { recursive: true });
    await writeFile(join(root, 'etc/os-release'), 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12"\n');
    await writeFile(join(root, 'etc/arch'), `${architecture}\n`);
    await writeFile(join(root, 'big'), Buffer.alloc(3_000_000, architecture));
    const image = `${layout}:${architecture}`;
    await run('umoci', ['new', '--image', image]);
    await run('umoci', ['insert', '--rootless', '--image', image, join(root, 'etc'), '/etc']);
    await run('umoci', ['insert', '--rootless', '--image', image, join(root, 'big'), '/big']);
    await run('umoci', ['insert', '--rootless', '--image', image, '--whiteout', '/big']);
    await run('umoci', ['config', '--image', image, '--architecture', architecture, '--os', 'linux']);
    await run('umoci', ['config', '--image', image, '--config.user', '10001', '--config.cmd', '/bin/app']);
    const index = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8'));
    const entry = index.manifests.find(
      (m: { annotations?: Record<string, string> }) =>
        m.annotations?.['org.opencontainers.image.ref.name'] === architecture,
    );
    const manifest = await blob(layout, entry.digest);
    const config = await blob(layout, manifest.config.digest);
    images.set(architecture, {
      manifest: entry.digest,
      diffIds: config.rootfs.diff_ids,
      config: manifest.config.digest,
    });
    entries.push({ ...entry, annotations: undefined, platform: { os: 'linux', architecture } });
  }
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests: entries }));
  const hex = createHash('sha256').update(bytes).digest('hex');
  await writeFile(join(layout, 'blobs/sha256', hex), bytes);
  const index = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8'));
  index.manifests.push({
    mediaType,
    digest: `sha256:${hex}`,
    size: bytes.length,
    annotations: { 'org.opencontainers.image.ref.name': 'all' },
  });
  await writeFile(join(layout, 'index.json'), JSON.stringify(index));
  return { layout, images, index: `sha256:${hex}` };
}

async function blob(layout: string, digest: string) {
  return JSON.parse(await readFile(join(layout, 'blobs/sha256', digest.slice('sha256:'.length)), 'utf8'));
}
