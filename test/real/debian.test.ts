// A real Debian image with known holes, in five shapes: the same inventory, the same findings, each held against the feed.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startDockerDaemon } from './docker-daemon.ts';
import { appRoot, copyImage, debianRoot, imageTools, nodeProject, ociLayout, vulnerablePackages } from './images.ts';
import { expectedHits, installedDebian, lowerDebian, lowerNumbers, recordsOf } from './oracle.ts';
import { feedsFolder, kvitto, run, scratch, skipWithout } from './parts.ts';
import { startRegistry } from './registry-server.ts';
import { contentOf, hitsOf, type JsonReport } from './report.ts';

const feeds = feedsFolder('2026-08-21');
const skip = feeds === null ? 'LEFT OUT: no real feeds (KVITTO_FEEDS)' : skipWithout([...imageTools, 'npm'], true);
/** The day after the feeds: fresh advisories, and Debian 11 still supported. */
const env = { SOURCE_DATE_EPOCH: String(Date.parse('2026-08-22T00:00:00Z') / 1000) };
const old = { lodash: '4.17.20', minimist: '1.2.5', express: '4.17.1', jquery: '3.4.1', moment: '2.19.2' };

describe('a real Debian image', { skip }, () => {
  const folder = skip === false ? scratch('debian') : '';
  const home = join(folder, 'home');
  const shapes = new Map<string, JsonReport>();
  let rootTar = '';
  let layout = '';

  const scan = (target: string, ...flags: string[]): JsonReport => {
    const done = kvitto(['scan', target, '-f', 'json', '--offline', ...flags], { home, env });
    assert.equal(done.status, 0, `${target}: ${done.stderr}`);
    return JSON.parse(done.stdout);
  };

  before(() => {
    mkdirSync(folder, { recursive: true });
    const update = kvitto(['db', 'update', '--feeds', feeds ?? ''], { home, env });
    assert.equal(update.status, 0, update.stderr);
    rootTar = debianRoot('bookworm', vulnerablePackages());
    layout = ociLayout(folder, 'image', rootTar, { from: appRoot(folder, nodeProject(folder, old)), to: '/srv' });
    copyImage(`oci:${layout}:app`, `docker-archive:${folder}/docker.tar:demo:1`);
    copyImage(`oci:${layout}:app`, `oci-archive:${folder}/oci.tar:1`);
    shapes.set('docker-archive', scan(`docker-archive:${folder}/docker.tar`));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  test('every Debian finding is in the feed, and every hit of the feed is a finding', () => {
    const report = shapes.get('docker-archive');
    assert.ok(report);
    assert.equal(report.os?.ecosystem, 'Debian:12');
    assert.equal(report.complete, true, JSON.stringify(report.problems));
    const installed = installedDebian(rootTar);
    assert.ok(installed.length > 80);
    assert.deepEqual(
      report.components
        .filter(({ purl }) => purl.startsWith('pkg:deb/'))
        .map(({ name }) => name)
        .toSorted(),
      installed.map(({ component }) => component).toSorted(),
    );
    const records = recordsOf(join(feeds ?? '', 'osv/Debian/all.zip'));
    const expected = expectedHits(records, 'Debian:12', installed, lowerDebian);
    assert.ok(expected.size > 5, `${expected.size} hits`);
    assert.deepEqual([...hitsOf(report, 'deb')].toSorted(), [...expected].toSorted());
    // One finding for each CVE that a matching record passes on, naming that record.
    const byId = new Map(records.map((record) => [record.id, record]));
    const pairs = [...expected].flatMap((hit) => {
      const [component, id = ''] = hit.split(' ');
      return (byId.get(id)?.upstream ?? []).map((cve) => `${component} ${cve}`);
    });
    const found = report.findings.filter(({ component }) => component.startsWith('pkg:deb/'));
    assert.deepEqual(found.map(({ name, id }) => `${name} ${id}`).toSorted(), [...new Set(pairs)].toSorted());
    for (const finding of found) {
      assert.ok(
        finding.advisories.every((id) => byId.get(id)?.upstream?.includes(finding.id)),
        finding.id,
      );
    }
  });

  test('every npm finding is in the feed, and every hit of the feed is a finding', () => {
    const report = shapes.get('docker-archive');
    assert.ok(report);
    const npm = report.components.filter(({ purl }) => purl.startsWith('pkg:npm/'));
    const listed = JSON.parse(run('npm', ['ls', '--all', '--json', '--long'], { cwd: join(folder, 'node-app') }));
    assert.deepEqual(new Set(npm.map(({ name, version }) => `${name}@${version}`)), installedNpm(listed));
    const installed = npm.map(({ name, version }) => ({ component: name, name, version }));
    const expected = expectedHits(recordsOf(join(feeds ?? '', 'osv/npm/all.zip')), 'npm', installed, lowerNumbers);
    assert.ok(expected.size > 5, `${expected.size} hits`);
    assert.deepEqual([...hitsOf(report, 'npm')].toSorted(), [...expected].toSorted());
  });

  test('the same as OCI archive, OCI layout, and compressed as a whole', () => {
    shapes.set('oci-archive', scan(`oci-archive:${folder}/oci.tar`));
    shapes.set('oci', scan(`oci:${layout}:app`));
    run('gzip', ['-1', '-k', join(folder, 'docker.tar')]);
    shapes.set('gzip', scan(`docker-archive:${folder}/docker.tar.gz`));
    allEqual();
  });

  test('the same from a registry with TLS and login', {
    skip: skipWithout(['docker-registry', 'htpasswd', 'openssl']),
  }, async () => {
    const registry = await startRegistry({ tls: true, user: 'robot', password: 'correct horse' });
    try {
      copyImage(`oci:${layout}:app`, `docker://${registry.host}/demo/app:1`, ...registry.toArgs);
      const login = { KVITTO_USERNAME: 'robot', KVITTO_PASSWORD: 'correct horse' };
      const args = [
        'scan',
        `registry:${registry.host}/demo/app:1`,
        '-f',
        'json',
        '--skip-db-update',
        '--ca-file',
        registry.caFile ?? '',
      ];
      const done = kvitto(args, { home, env: { ...env, ...login } });
      assert.equal(done.status, 0, done.stderr);
      shapes.set('registry', JSON.parse(done.stdout));
      const refused = kvitto(args, { home, env: { ...env, ...login, KVITTO_PASSWORD: 'wrong' } });
      assert.equal(refused.status, 4);
      assert.match(refused.stderr, /robot|login|unauthor|refused/i);
      assert.doesNotMatch(refused.stderr, /wrong/);
    } finally {
      await registry.stop();
    }
    allEqual();
  });

  test('the same from a Docker daemon', { skip: skipWithout(['dockerd', 'docker'], true) }, async () => {
    const daemon = await startDockerDaemon();
    try {
      run('docker', ['load', '-q', '-i', join(folder, 'docker.tar')], { env: { DOCKER_HOST: daemon.host } });
      const done = kvitto(['scan', 'docker:demo:1', '-f', 'json', '--offline'], {
        home,
        env: { ...env, DOCKER_HOST: daemon.host },
      });
      assert.equal(done.status, 0, done.stderr);
      shapes.set('docker', JSON.parse(done.stdout));
    } finally {
      await daemon.stop();
    }
    allEqual();
  });

  test('two scans give the same bytes', () => {
    const args = ['scan', `docker-archive:${folder}/docker.tar`, '-f', 'json', '--offline'];
    const [first, second] = [kvitto(args, { home, env }), kvitto(args, { home, env })];
    assert.equal(first.stdout, second.stdout);
    const later = kvitto(args, { home, env: { SOURCE_DATE_EPOCH: String(Number(env.SOURCE_DATE_EPOCH) + 60) } });
    const timeless = (text: string) => text.replace(/"scannedAt": "[^"]*"/, '');
    assert.notEqual(later.stdout, first.stdout);
    assert.equal(timeless(later.stdout), timeless(first.stdout));
  });

  test('the CycloneDX and SPDX that Kvitto wrote give the same findings as the image', () => {
    const [cdx, spdx] = [join(folder, 'image.cdx.json'), join(folder, 'image.spdx.json')];
    scan(`docker-archive:${folder}/docker.tar`, '-o', `cyclonedx=${cdx}`, '-o', `spdx=${spdx}`);
    const image = shapes.get('docker-archive');
    for (const file of [cdx, spdx]) {
      assert.ok(existsSync(file));
      const { findings, components, problems } = scan(`sbom:${file}`);
      assert.deepEqual(
        { findings, components, problems },
        { findings: image?.findings, components: image?.components, problems: image?.problems },
      );
    }
  });

  test('a Debian 11 image', { skip: skipWithout(['mmdebstrap']) }, () => {
    const tar = debianRoot('bullseye', []);
    const oci = ociLayout(folder, 'bullseye', tar, null);
    const report = scan(`oci:${oci}:app`);
    assert.equal(report.os?.ecosystem, 'Debian:11');
    const records = recordsOf(join(feeds ?? '', 'osv/Debian/all.zip'));
    const expected = expectedHits(records, 'Debian:11', installedDebian(tar), lowerDebian);
    assert.ok(expected.size > 20, `${expected.size} hits`);
    assert.deepEqual([...hitsOf(report, 'deb')].toSorted(), [...expected].toSorted());
    // Its support ended on 2026-08-31: from then on the honest answer is another one.
    const late = kvitto(['scan', `oci:${oci}:app`, '-f', 'json', '--offline', '--max-db-age', '9999d'], {
      home,
      env: { SOURCE_DATE_EPOCH: String(Date.parse('2026-11-21T00:00:00Z') / 1000) },
    });
    assert.equal(late.status, 3, late.stderr);
    assert.deepEqual(
      JSON.parse(late.stdout).problems.map((problem: { code: string }) => problem.code),
      ['os-end-of-life'],
    );
  });

  function allEqual(): void {
    const reports = [...shapes];
    const [, first] = reports[0] ?? [];
    assert.ok(first);
    for (const [shape, report] of reports) assert.deepEqual(contentOf(report), contentOf(first), shape);
  }
});

interface NpmNode {
  readonly name?: string;
  readonly version?: string;
  readonly missing?: boolean;
  readonly dependencies?: Record<string, NpmNode>;
}

/** What npm itself says is installed below the project, as name@version. */
function installedNpm(project: NpmNode): Set<string> {
  const found = new Set<string>();
  const walk = (node: NpmNode): void => {
    for (const [name, child] of Object.entries(node.dependencies ?? {})) {
      if (child.missing !== true) found.add(`${child.name ?? name}@${child.version}`);
      walk(child);
    }
  };
  walk(project);
  return found;
}
