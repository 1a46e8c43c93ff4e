import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { resolveTarget } from './resolve-target.ts';
import type { Source } from './source.ts';
import { allSources } from './sources/all.ts';

const images = join(import.meta.dirname, 'testdata', 'images');
const registry: Source = {
  id: 'registry',
  about: '',
  guess: async (target) => !target.startsWith('/'),
  open: async () => {
    throw new Error('not asked');
  },
};

it('a prefix decides, else the first source that recognises the target', async () => {
  const cases: [target: string, source: string, rest: string][] = [
    [`docker-archive:${images}/oci.tar`, 'docker-archive', `${images}/oci.tar`],
    [`oci:${images}/none:tag`, 'oci', `${images}/none:tag`],
    [`${images}/oci.tar`, 'oci-archive', `${images}/oci.tar`],
    [`${images}/oci.tar:name`, 'oci-archive', `${images}/oci.tar:name`],
    [`${images}/containerd.tar`, 'oci-archive', `${images}/containerd.tar`],
    [`${images}/buildah.tar`, 'docker-archive', `${images}/buildah.tar`],
    [`${images}/docker-save-20.10.tar`, 'docker-archive', `${images}/docker-save-20.10.tar`],
    [`${images}/zstd-layout`, 'oci', `${images}/zstd-layout`],
    [`${images}/zstd-layout:sample`, 'oci', `${images}/zstd-layout:sample`],
    [images, 'dir', images],
    ['debian:12', 'registry', 'debian:12'],
    ['registry:debian:12', 'registry', 'debian:12'],
    ['host:5000/a@sha256:b', 'registry', 'host:5000/a@sha256:b'],
  ];
  const sources = [...allSources.filter(({ id }) => id !== 'registry'), registry];
  for (const [target, id, rest] of cases) {
    const resolved = await resolveTarget(target, sources);
    assert.deepEqual([resolved.source.id, resolved.target], [id, rest], target);
  }
});

it('what is nothing is refused', async () => {
  await assert.rejects(resolveTarget('', allSources), { code: 'usage' });
  await assert.rejects(resolveTarget('dir:', allSources), { code: 'usage' });
  for (const name of ['none.tar', 'none.tar.gz', 'none.cdx.json', 'none/x.TGZ'])
    await assert.rejects(resolveTarget(name, [registry]), {
      code: 'source-not-found',
      message: `${name}: there is no such file.`,
    });
  await assert.rejects(
    resolveTarget('/no/such/path', [
      ...allSources.filter(({ id }) => ['dir', 'oci', 'oci-archive', 'docker-archive'].includes(id)),
      registry,
    ]),
    { code: 'source-not-found' },
  );
});

it('a file that no source reads is told as such, and not as missing', async () => {
  await assert.rejects(resolveTarget(import.meta.filename, []), {
    code: 'source-unsupported',
    message: `${import.meta.filename}: it is there, but it is no image archive that can be read.`,
  });
  await assert.rejects(resolveTarget(`${import.meta.filename}.gone`, []), { code: 'source-not-found' });
});
