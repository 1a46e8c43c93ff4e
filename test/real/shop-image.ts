import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Digest } from '../../src/model/inventory.ts';
import { containerApi } from './container-api.ts';
import { run as runSync } from './parts.ts';
import { run } from './tool.ts';

export interface Shop {
  readonly layout: string;
  readonly manifest: Digest;
  readonly config: Digest;
}

/** An image of one program and a few files. `/run` and `/tmp` are not in it: runtimes make what they need. */
export async function buildShop(folder: string): Promise<Shop> {
  const root = join(folder, 'root');
  for (const path of [
    'etc/motd',
    'srv/app/kept',
    'srv/app/old',
    'srv/app/text',
    'opt/closed/x',
    'opt/y',
    'data/kept',
  ]) {
    await mkdir(join(root, path, '..'), { recursive: true });
    await writeFile(join(root, path), `${path}\n`);
  }
  await writeFile(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  await writeFile(join(root, 'etc/group'), 'root:x:0:\n');
  const source = join(import.meta.dirname, 'hand.go');
  runSync('go', ['build', '-trimpath', '-ldflags=-s -w', '-o', join(root, 'hand'), source], {
    env: { CGO_ENABLED: '0', GO111MODULE: 'off' },
  });
  const tar = join(folder, 'root.tar');
  await run('tar', ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '-cf', tar, '-C', root, '.']);
  const layout = join(folder, 'layout');
  const image = `${layout}:shop`;
  await run('umoci', ['init', '--layout', layout]);
  await run('umoci', ['new', '--image', image]);
  await run('umoci', ['raw', 'add-layer', '--image', image, tar]);
  const labels = ['org.opencontainers.image.title=shop', 'org.opencontainers.image.version=1.2', 'password=hunter2'];
  const asLabels = labels.flatMap((label) => ['--config.label', label]);
  await run('umoci', ['config', '--image', image, '--config.cmd', '/hand', '--config.cmd', 'wait', ...asLabels]);
  const index = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8'));
  const manifest: Digest = index.manifests[0].digest;
  const bytes = await readFile(join(layout, 'blobs/sha256', manifest.slice('sha256:'.length)), 'utf8');
  return { layout, manifest, config: JSON.parse(bytes).config.digest };
}

/** podman's own pull: the one of the Docker API wants TLS of every registry. */
export async function pullWithPodman(socket: string, name: string): Promise<void> {
  const path = `/v4.0.0/libpod/images/pull?tlsVerify=false&reference=${encodeURIComponent(name)}`;
  await containerApi(socket).post(path);
}
