import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { SourceOptions } from '../source.ts';
import { found, sampleScan } from '../testing/sample-cataloger.ts';
import { type TarPiece, tarBytes } from '../testing/tar-bytes.ts';
import { openArchive } from './open-archive.ts';

const scratch = mkdtempSync(join(tmpdir(), 'kvitto-nested-'));
after(() => rmSync(scratch, { recursive: true }));

const indexType = 'application/vnd.oci.image.index.v1+json';
const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/** An OCI archive that is put together blob by blob. */
class Layout {
  readonly blobs = new Map<string, Buffer>();

  add(content: unknown, mediaType: string, more: object = {}): object {
    const bytes = Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content));
    const hex = hash('sha256', bytes);
    this.blobs.set(hex, bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length, ...more };
  }

  image(platform: string, layerType = 'application/vnd.oci.image.layer.v1.tar'): object {
    const [os, architecture] = platform.split('/');
    const layer = tarBytes([{ path: 'package.json', content: platform }]);
    const config = { os, architecture, rootfs: { diff_ids: [`sha256:${hash('sha256', layer)}`] } };
    const manifest = {
      schemaVersion: 2,
      config: this.add(config, 'application/vnd.oci.image.config.v1+json'),
      layers: [this.add(layer, layerType)],
    };
    return this.add(manifest, manifestType, { platform: { os, architecture } });
  }

  index(manifests: object[], more: object = {}): object {
    return this.add({ schemaVersion: 2, manifests }, indexType, more);
  }

  async open(manifests: object[], platform: string | null = null, without: RegExp | null = null) {
    const pieces: TarPiece[] = [...this.blobs]
      .map(([hex, content]) => ({ path: `blobs/sha256/${hex}`, content }))
      .filter(({ content }) => without?.test(content.toString('latin1', 0, 300)) !== true);
    const path = join(scratch, `${this.blobs.size}-${hash('sha256', JSON.stringify([platform, manifests]))}.tar`);
    writeFileSync(path, tarBytes([...pieces, { path: 'index.json', content: JSON.stringify({ manifests }) }]));
    const opened = await openArchive(path, { platform, signal: new AbortController().signal } as SourceOptions);
    try {
      return await sampleScan(opened);
    } finally {
      await opened.close();
    }
  }
}

describe('an index in an index', () => {
  it('leads to the image of the platform that was asked for', async () => {
    const layout = new Layout();
    const inner = layout.index([layout.image('linux/s390x'), layout.image('linux/riscv64')]);
    for (const platform of ['linux/s390x', 'linux/riscv64']) {
      const inventory = await layout.open([inner], platform);
      assert.deepEqual(found(inventory), [['package.json', platform, 0]]);
      assert.equal(inventory.artifact.platform, platform);
      assert.equal(inventory.artifact.digestOf, 'manifest');
      assert.deepEqual(inventory.problems, []);
    }
    await assert.rejects(layout.open([inner], 'linux/mips'), { code: 'source-not-found' });
  });
  it('may list images that are not in the archive', async () => {
    const layout = new Layout();
    const inner = layout.index([layout.image('linux/s390x'), layout.image('linux/riscv64')]);
    const without = /"architecture":"riscv64"/;
    // The manifest of the other platform is left out together with its configuration.
    const manifests = [...layout.blobs].filter(([, bytes]) => bytes.includes('"layers"')).map(([hex]) => hex);
    layout.blobs.delete(manifests[1] ?? '');
    assert.deepEqual(found(await layout.open([inner], null, without)), [['package.json', 'linux/s390x', 0]]);
  });
  it('nested without end, missing, or damaged is a failure', async () => {
    const layout = new Layout();
    let nested = layout.image('linux/amd64');
    for (let depth = 0; depth < 12; depth++) nested = layout.index([nested]);
    await assert.rejects(layout.open([nested]), { code: 'limit-exceeded' });

    const missing = { mediaType: indexType, digest: `sha256:${'a'.repeat(64)}`, size: 1 };
    await assert.rejects(layout.open([missing]), { code: 'source-unreadable' });

    const damaged = new Layout();
    const entry = damaged.image('linux/amd64');
    for (const [hex, bytes] of damaged.blobs)
      if (bytes.includes('"layers"')) damaged.blobs.set(hex, Buffer.from(`${bytes} `));
    await assert.rejects(damaged.open([entry]), { code: 'digest-mismatch' });

    // An index that names itself cannot have its own digest: it is found out by that.
    const circle = new Layout();
    const hex = 'b'.repeat(64);
    const self = { mediaType: indexType, digest: `sha256:${hex}`, size: 1 };
    circle.blobs.set(hex, Buffer.from(JSON.stringify({ manifests: [self] })));
    await assert.rejects(circle.open([self]), { code: 'digest-mismatch' });
  });
  it('a layer that is kept elsewhere is told once', async () => {
    const layout = new Layout();
    const entry = layout.image('linux/amd64', 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip');
    const inventory = await layout.open([entry], null, /^package\.json/);
    assert.deepEqual(
      inventory.problems.map(({ code }) => code),
      ['nothing-recognised', 'unsupported'],
    );
    assert.deepEqual(found(await layout.open([entry])), [['package.json', 'linux/amd64', 0]]);
  });
});
