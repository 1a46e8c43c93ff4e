// From an image to the ledger to a running container and back: `kvitto observe` with a real Docker and a real podman.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type ContainerApi, containerApi } from '../real/container-api.ts';
import {
  type ContainerDaemon,
  startDockerDaemon,
  startPodman,
  whyNoDocker,
  whyNoPodman,
} from '../real/docker-daemon.ts';
import { pushImage, type RegistryServer, registryPrograms, startRegistry } from '../real/registry-server.ts';
import { buildShop, pullWithPodman, type Shop } from '../real/shop-image.ts';
import { missing, run } from '../real/tool.ts';
import { documentOf, type LedgerStage, ledgerStage, refused } from './command-line.ts';

const kinds = [
  { kind: 'docker', why: whyNoDocker(), start: startDockerDaemon, variable: 'DOCKER_HOST' },
  { kind: 'podman', why: whyNoPodman(), start: startPodman, variable: 'CONTAINER_HOST' },
] as const;

for (const { kind, why, start, variable } of kinds) {
  const skip = why ?? missing('umoci', 'tar', 'go', 'skopeo', ...registryPrograms) ?? false;
  describe(`kvitto observe ${kind}`, { skip: skip === false ? false : `LEFT OUT: ${skip}` }, () => {
    let folder = '';
    let shop: Shop;
    let stage: LedgerStage;
    let daemon: ContainerDaemon;
    let registry: RegistryServer;
    let api: ContainerApi;
    let pulled = '';

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'kvitto-real-'));
      stage = ledgerStage(`observe-${kind}`);
      [shop, registry, daemon] = await Promise.all([buildShop(folder), startRegistry(), start()]);
      api = containerApi(daemon.socket);
      // One image that was loaded and so has no manifest here, one that was pulled.
      const archive = join(folder, 'shop.tar');
      await run('skopeo', ['copy', `oci:${shop.layout}:shop`, `docker-archive:${archive}:localhost/loaded:1.0`]);
      await daemon.load(archive);
      await run('umoci', ['config', '--image', `${shop.layout}:shop`, '--config.user', '7']);
      await pushImage(registry, `oci:${shop.layout}:shop`, 'team/shop:1.2', '--preserve-digests');
      pulled = `${registry.host}/team/shop:1.2`;
      if (kind === 'docker') await api.post(`/images/create?fromImage=${registry.host}/team/shop&tag=1.2`);
      else await pullWithPodman(daemon.socket, pulled);
    });
    after(async () => {
      for (const name of ['loaded-1', 'pulled-1', 'stranger']) {
        await api?.delete(`/containers/${name}?force=1`).catch(() => undefined);
      }
      await daemon?.stop();
      await registry?.stop();
      if (folder !== '') await rm(folder, { recursive: true, force: true });
    });

    const kvitto = (words: readonly string[]) =>
      stage.at(new Date().toISOString(), [...words, '--by', 'ops'], { env: { [variable]: daemon.host } });
    /** Ends with 3: the advisories of the demo know nothing of Go. */
    const record = (target: string) => {
      const { artifact } = documentOf(kvitto(['record', target, '--offline', '-f', 'json']), 3) as {
        artifact: { digest: string; digestOf: string };
      };
      return artifact;
    };
    const deploy = (service: string, digest: string, exit = 0) =>
      assert.equal(kvitto(['deploy', service, '--env', 'prod', '--image', digest, ...whySo]).status, exit);
    const whySo = ['--break-glass', 'a test'];
    /** Exit code, drift without digests, and what could not be seen. */
    const observe = (...more: string[]) => {
      const done = kvitto(['observe', kind, '--env', 'prod', '-f', 'json', ...more]);
      assert.notEqual(done.stdout, '', done.stderr);
      const { drift, unseen, containers } = JSON.parse(done.stdout) as {
        drift: { service: string; what: string; paths: string[]; containers: number }[];
        unseen: string[];
        containers: { name: string; state: string }[];
      };
      return {
        exit: done.status,
        drift: drift.map((d) => [d.service, d.what, d.containers, d.paths]),
        unseen,
        containers: containers.map((c) => [c.name, c.state]),
      };
    };

    test('as recorded: an image that was loaded, and one that was pulled', async () => {
      const loaded = record(`${kind}:localhost/loaded:1.0`);
      const fetched = record(`${kind}:${pulled}`);
      deploy('loaded', loaded.digest);
      deploy('shop', fetched.digest);
      await api.run('loaded-1', { Image: 'localhost/loaded:1.0', Cmd: ['/hand', 'wait'] });
      await api.run('pulled-1', { Image: pulled, Cmd: ['/hand', 'wait'], User: '0' });
      assert.deepEqual(observe(), {
        exit: 0,
        drift: [],
        unseen: [],
        containers: [
          ['loaded-1', 'as-recorded'],
          ['pulled-1', 'as-recorded'],
        ],
      });
    });

    test('changed by hand, with the path; not where the software writes itself', async () => {
      await api.exec('loaded-1', '/hand', 'write', '/srv/app/text', 'other');
      const { exit, drift } = observe();
      assert.deepEqual([exit, drift], [1, [['loaded', 'changed-by-hand', 1, ['changed /srv/app/text']]]]);
      assert.deepEqual(observe('--written', '/srv/app').exit, 0);
      assert.deepEqual(observe('--no-changes').exit, 0);
    });

    test('one that nobody recorded, and one of another environment', async () => {
      const labels = { 'kvitto.service': 'stranger' };
      await api.run('stranger', { Image: pulled, Cmd: ['/hand', 'wait'], User: '0', Labels: labels });
      assert.deepEqual(observe('--no-changes').drift, [['stranger', 'unrecorded', 1, []]]);
      await api.delete('/containers/stranger?force=1');
      const elsewhere = { ...labels, 'kvitto.environment': 'staging' };
      await api.run('stranger', { Image: pulled, Cmd: ['/hand', 'wait'], User: '0', Labels: elsewhere });
      const { exit, containers } = observe('--no-changes');
      assert.deepEqual([exit, containers.map(([name]) => name)], [0, ['loaded-1', 'pulled-1']]);
    });

    test('another digest than the one that is recorded, and gone', async () => {
      deploy('shop', `sha256:${'0'.repeat(64)}`);
      await api.delete('/containers/loaded-1?force=1');
      const { exit, drift } = observe('--no-changes');
      assert.deepEqual(
        [exit, drift],
        [
          1,
          [
            ['loaded', 'gone', 0, []],
            ['shop', 'gone', 0, []],
            ['shop', 'other-digest', 1, []],
          ],
        ],
      );
      // A host where only this one should run.
      assert.deepEqual(
        observe('--no-changes', '--service', 'shop').drift.map(([service]) => service),
        ['shop', 'shop'],
      );
    });

    test('again and again, until it is ended', async () => {
      const moment = new Date().toISOString();
      const words = ['observe', kind, '--env', 'prod', '--interval', '10s', '--no-changes', '--by', 'ops'];
      const lines = await stage.untilEnded(moment, words, { [variable]: daemon.host });
      assert.deepEqual(
        [lines.status, lines.stdout.startsWith('Drift in prod: 3 differences\n')],
        [0, true],
        lines.stderr,
      );
    });

    test('wrong words, and a daemon that is not there', () => {
      refused(kvitto(['observe', 'rkt', '--env', 'prod']), 2, /unknown source: rkt/);
      refused(kvitto(['observe', kind, '--interval', '1s']), 2, /shorter than 10 s/);
      const nowhere = { env: { [variable]: `unix://${folder}/none.sock` } };
      refused(stage.at(new Date().toISOString(), ['observe', kind, '--env', 'prod'], nowhere), 4, /none\.sock/);
    });
  });
}
