// What runs on this host, read from a real Docker and a real podman, against what was done to their containers.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { driftOf, type ExpectedDeployment } from '../../src/model/drift.ts';
import type { Observation, ObservedContainer } from '../../src/model/observation.ts';
import { observeDaemon } from '../../src/scan/observe/observe.ts';
import { type ContainerApi, containerApi } from './container-api.ts';
import { type ContainerDaemon, startDockerDaemon, startPodman, whyNoDocker, whyNoPodman } from './docker-daemon.ts';
import { pushImage, type RegistryServer, registryPrograms, startRegistry } from './registry-server.ts';
import { buildShop, pullWithPodman, type Shop } from './shop-image.ts';
import { missing, run } from './tool.ts';

const kinds = [
  { kind: 'docker', why: whyNoDocker(), start: startDockerDaemon, variable: 'DOCKER_HOST' },
  { kind: 'podman', why: whyNoPodman(), start: startPodman, variable: 'CONTAINER_HOST' },
] as const;

for (const { kind, why, start, variable } of kinds) {
  const skip = why ?? missing('umoci', 'tar', 'go', ...registryPrograms) ?? false;
  describe(`what runs here: ${kind}`, { skip: skip === false ? false : `LEFT OUT: ${skip}` }, () => {
    let folder = '';
    let shop: Shop;
    let registry: RegistryServer;
    let daemon: ContainerDaemon;
    let api: ContainerApi;
    let name = '';

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'kvitto-real-'));
      [shop, registry, daemon] = await Promise.all([buildShop(folder), startRegistry(), start()]);
      api = containerApi(daemon.socket);
      await pushImage(registry, `oci:${shop.layout}:shop`, 'team/shop:1.2', '--preserve-digests');
      name = `${registry.host}/team/shop:1.2`;
      if (kind === 'docker') await api.post(`/images/create?fromImage=${registry.host}/team/shop&tag=1.2`);
      else await pullWithPodman(daemon.socket, name);
      await writeFile(join(folder, 'conf'), 'x');
    });
    after(async () => {
      for (const container of ['web-1', 'web-2', 'held', 'done']) {
        await api?.delete(`/containers/${container}?force=1`).catch(() => undefined);
      }
      await daemon?.stop();
      await registry?.stop();
      if (folder !== '') await rm(folder, { recursive: true, force: true });
    });

    const observe = (changes = true): Promise<Observation> =>
      observeDaemon(kind, {
        changes,
        offline: true,
        env: { [variable]: daemon.host },
        idleTimeoutMs: 10_000,
        signal: new AbortController().signal,
      });
    const ids = new Map<string, string>();
    const shopLabels = { 'org.opencontainers.image.title': 'shop', 'org.opencontainers.image.version': '1.2' };
    const seen = (container: string, more: Partial<ObservedContainer> = {}): Omit<ObservedContainer, 'startedAt'> => ({
      id: ids.get(container) ?? '',
      name: container,
      image: name,
      configDigest: shop.config,
      manifestDigests: [shop.manifest],
      labels: shopLabels,
      changes: [],
      moreChanges: 0,
      problems: [],
      ...more,
    });
    const withoutTimes = (observation: Observation) => {
      const { at, containers, ...rest } = observation;
      for (const { startedAt } of containers) assert.ok(startedAt <= at, `${startedAt} is not after ${at}`);
      return { ...rest, containers: containers.map(({ startedAt: _, ...container }) => container) };
    };
    const whole = (containers: readonly unknown[]) => ({ source: kind, changesAsked: true, containers, problems: [] });

    const compose = { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web', token: 'secret' };
    const webLabels = { ...shopLabels, 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'web' };

    test('containers by digest; what the runtime makes for mounts is no change', async () => {
      assert.deepEqual(withoutTimes(await observe()), whole([]));
      const web = { Image: name, Labels: compose, Volumes: { '/data': {}, '/made/for/it': {} } };
      const mounts = { Binds: [`${join(folder, 'conf')}:/etc/app/conf:ro`], Tmpfs: { '/tmp': '', '/run': '' } };
      ids.set('web-1', await api.run('web-1', web, mounts));
      ids.set('web-2', await api.run('web-2', { Image: name, Labels: { 'kvitto.service': 'shop' } }));
      // podman names this user in /etc/passwd, Docker does not.
      ids.set('held', await api.run('held', { Image: name, User: '10001:10001' }));
      await api.post('/containers/held/pause');
      await api.run('done', { Image: name, Cmd: ['/hand', 'nothing'] });
      await api.post('/containers/done/wait');
      assert.deepEqual(
        withoutTimes(await observe()),
        whole([
          seen('held'),
          seen('web-1', { labels: webLabels }),
          seen('web-2', { labels: { 'kvitto.service': 'shop', ...shopLabels } }),
        ]),
      );
    });

    test('files changed by hand, exactly', async () => {
      await api.exec('web-1', '/hand', 'write', '/srv/app/new', 'x');
      await api.exec('web-1', '/hand', 'write', '/srv/app/text', 'other');
      await api.exec('web-1', '/hand', 'remove', '/srv/app/old');
      await api.exec('web-1', '/hand', 'close', '/opt/closed');
      await api.exec('web-1', '/hand', 'remove', '/opt/y');
      await api.exec('web-1', '/hand', 'write', '/fresh/folder/file', 'x');
      // These lie in mounted file systems.
      for (const path of ['/tmp/x', '/run/x', '/data/x', '/made/for/it/x', '/dev/shm/x', '/etc/hosts'])
        await api.exec('web-1', '/hand', 'write', path, 'x');
      await run('tar', ['-cf', join(folder, 'copied.tar'), '-C', folder, 'conf']);
      await api.copyInto('web-1', '/srv', await readFile(join(folder, 'copied.tar')));
      const changes = [
        { path: '/fresh', kind: 'added' },
        { path: '/fresh/folder', kind: 'added' },
        { path: '/fresh/folder/file', kind: 'added' },
        { path: '/opt/closed', kind: 'changed' },
        { path: '/opt/y', kind: 'deleted' },
        { path: '/srv/app/new', kind: 'added' },
        { path: '/srv/app/old', kind: 'deleted' },
        { path: '/srv/app/text', kind: 'changed' },
        { path: '/srv/conf', kind: 'added' },
      ] as const;
      const observation = await observe();
      assert.deepEqual(withoutTimes(observation).containers[1], seen('web-1', { labels: webLabels, changes }));

      const web: ExpectedDeployment = {
        service: 'web',
        environment: 'prod',
        digest: shop.manifest,
        configDigest: null,
      };
      const newer: ExpectedDeployment = { ...web, service: 'shop', digest: `sha256:${'0'.repeat(64)}` };
      const { containers, deployments } = driftOf(observation, [web, newer], { environment: 'prod', written: [] });
      assert.deepEqual(
        containers.map((c) => [c.container.name, c.service, c.serviceFrom, c.state, c.changes.length]),
        [
          ['held', 'web', 'digest', 'as-recorded', 0],
          ['web-1', 'web', 'digest', 'changed-by-hand', changes.length],
          ['web-2', 'shop', 'label', 'other-digest', 0],
        ],
      );
      assert.deepEqual(deployments, [
        { deployment: web, state: 'running', containers: [ids.get('held'), ids.get('web-1')] },
        { deployment: newer, state: 'gone', containers: [] },
      ]);
    });

    test('without changes, and with an image whose name went to another', async () => {
      await run('umoci', ['config', '--image', `${shop.layout}:shop`, '--config.user', '7']);
      await pushImage(registry, `oci:${shop.layout}:shop`, 'team/shop:1.2', '--preserve-digests');
      if (kind === 'docker') await api.post(`/images/create?fromImage=${registry.host}/team/shop&tag=1.2`);
      else await pullWithPodman(daemon.socket, name);
      const { containers, changesAsked } = withoutTimes(await observe(false));
      assert.equal(changesAsked, false);
      assert.deepEqual(
        containers.map(({ configDigest, manifestDigests, changes }) => ({ configDigest, manifestDigests, changes })),
        Array(3).fill({ configDigest: shop.config, manifestDigests: [shop.manifest], changes: null }),
      );
    });

    test('what was stopped is there no more', async () => {
      await api.post('/containers/web-2/kill');
      await api.post('/containers/held/unpause');
      await api.delete('/containers/held?force=1');
      assert.deepEqual(
        (await observe(false)).containers.map((container) => container.name),
        ['web-1'],
      );
    });
  });
}
