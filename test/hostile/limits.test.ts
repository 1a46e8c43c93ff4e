// Inputs that are large, and runs that are ended from outside: bounded, and nothing half written.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, cpSync, existsSync, openSync, readdirSync, writeSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { kvitto, root } from '../real/parts.ts';
import { app, base, baseComponents, dockerArchive, layer } from './images.ts';
import { componentsOf, demoDay, incomplete, listing, orderly, problemsOf, refused, run } from './runs.ts';
import { stage, storeFiles } from './stage.ts';

const here = stage('limits');
const { home, put, folder, scan } = here;
const shop = put('shop.tar', dockerArchive([layer(base), layer(app)]));

/** A file of a million entries. */
function large(name: string, head: string, entry: (n: number) => string, tail: string): string {
  const file = put(name, head);
  const handle = openSync(file, 'a');
  try {
    for (let n = 0; n < 1_000_000; n += 10_000) {
      writeSync(handle, Array.from({ length: 10_000 }, (_, at) => entry(n + at)).join(''));
    }
    writeSync(handle, tail);
  } finally {
    closeSync(handle);
  }
  return file;
}

describe('limits', () => {
  const locks: [string, string, (n: number) => string, string][] = [
    [
      'package-lock.json',
      '{"lockfileVersion":3,"packages":{"":{}',
      (n) => `,"node_modules/a${n}":{"version":"1.0.0"}`,
      '}}',
    ],
    ['yarn.lock', '# yarn lockfile v1\n\n', (n) => `a${n}@1:\n  version "1.0.0"\n\n`, ''],
    ['pnpm-lock.yaml', "lockfileVersion: '9.0'\npackages:\n", (n) => `  a${n}@1.0.0: {}\n`, 'snapshots: {}\n'],
    ['requirements.txt', '', (n) => `a${n}==1.0.0\n`, ''],
    ['go.mod', 'module x\ngo 1.22\nrequire (\n', (n) => `\texample.org/a${n} v1.0.0\n`, ')\n'],
  ];
  for (const [name, head, entry, tail] of locks) {
    test(`${name} with a million entries`, async () => {
      large(`${name}.d/${name}`, head, entry, tail);
      put(`${name}.d/ok/node_modules/b/package.json`, '{"name":"b","version":"1.0.0"}');
      const ended = await scan(`dir:${folder(`${name}.d`)}`);
      const told = incomplete(ended);
      assert.ok(problemsOf(told).some(([code, where]) => code === 'limit-exceeded' && where === name));
      assert.ok(componentsOf(told).includes('pkg:npm/b@1.0.0'));
      assert.ok(ended.peakBytes > 0 && ended.peakBytes < 1100e6, `${ended.peakBytes}`);
    });
  }

  test('a scan that is ended says so', async () => {
    const pipe = join(folder('pipe'), 'scan');
    execFileSync('mkfifo', [pipe]);
    const waiting = createServer(() => {});
    await new Promise<void>((resolve) => waiting.listen(0, '127.0.0.1', resolve));
    const host = `127.0.0.1:${(waiting.address() as AddressInfo).port}`;
    let asked = false;
    waiting.on('request', () => {
      asked = true;
    });
    try {
      for (const signal of ['SIGTERM', 'SIGINT'] as const) {
        asked = false;
        const args = ['scan', `registry:${host}/x`, '--insecure', '-o', join(folder('ended'), 'a.json')];
        const ended = await here.run(args, { kill: { signal, when: () => asked }, env: { NO_PROXY: '127.0.0.1' } });
        refused(ended, 4, `ended by ${signal}`, null);
        assert.deepEqual(listing(folder('ended')), []);
      }
    } finally {
      waiting.closeAllConnections();
      waiting.close();
    }
  });

  test('an update that is ended leaves the former store, whole', async () => {
    const own = join(folder('update'), 'home');
    cpSync(home, own, { recursive: true });
    const many = join(folder('update'), 'feeds');
    cpSync(join(root, 'demo/feeds'), many, { recursive: true });
    const { ZipWriter } = await import('../../src/advisories/testing/zip-writer.ts');
    const zip = new ZipWriter(join(many, 'osv/npm/all.zip'));
    for (let n = 0; n < 40_000; n++) {
      const affected = [{ package: { ecosystem: 'npm', name: `a${n}` }, versions: ['1.0.0'] }];
      zip.add(`GHSA-${n}.json`, JSON.stringify({ id: `GHSA-${n}`, modified: '2026-01-01T00:00:00Z', affected }));
    }
    zip.close();
    const before = kvitto(['db', 'status', '-f', 'json'], { home: own }).stdout;
    const scratch = () => existsSync(join(own, 'advisories')) && readdirSync(join(own, 'advisories')).length > 3;
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      const ended = await run(['db', 'update', '--feeds', many], { home: own, kill: { signal, when: scratch } });
      if (signal === 'SIGTERM') refused(ended, 4, 'ended by SIGTERM', null);
      else assert.equal(ended.status, null);
      if (signal === 'SIGTERM') assert.deepEqual(listing(own), storeFiles);
      assert.equal(kvitto(['db', 'status', '-f', 'json'], { home: own }).stdout, before);
      const ended2 = await run(['scan', shop, '--offline', '-f', 'json'], { home: own });
      orderly(ended2, 0);
      assert.deepEqual(componentsOf(JSON.parse(ended2.stdout)).slice(0, 3), baseComponents);
    }
    const again = kvitto(['db', 'update', '--feeds', many], { home: own, env: { SOURCE_DATE_EPOCH: demoDay } });
    assert.equal(again.status, 0, again.stderr);
    assert.deepEqual(listing(own), storeFiles);
  });
});
