// Images whose archive, layers or digests are not what they say.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { paxBytes, tarBytes } from '../../src/scan/testing/tar-bytes.ts';
import {
  allComponents,
  app,
  appComponents,
  base,
  baseComponents,
  diffIdOf,
  dockerArchive,
  dockerPieces,
  layer,
  ociLayout,
} from './images.ts';
import { componentsOf, incomplete, orderly, problemsOf, refused, type Told, textOf } from './runs.ts';
import { stage } from './stage.ts';

const { put, folder, scan } = stage('archives');
const shop = [layer(base), layer(app)];
const whole = dockerArchive(shop);

describe('archives', { concurrency: 2 }, () => {
  test('an image that is in order is complete', async () => {
    const ended = await scan(put('whole.tar', whole));
    orderly(ended, 0);
    const told: Told = JSON.parse(ended.stdout);
    assert.deepEqual(componentsOf(told), allComponents);
    assert.deepEqual(told.problems, []);
    assert.equal(told.findings.length, 6);
  });

  const cuts: [string, Buffer][] = [
    ['in the first header', whole.subarray(0, 300)],
    ['behind the first header', whole.subarray(0, 512)],
    ['in the configuration', whole.subarray(0, 600)],
    ['in a layer', whole.subarray(0, whole.indexOf('harbor-tools'))],
    ['in the manifest', whole.subarray(0, whole.indexOf('"RepoTags"'))],
  ];
  for (const [where, bytes] of cuts) {
    test(`cut short ${where}`, async () => {
      const file = put(`cut ${where}.tar`, bytes);
      refused(await scan(file), 4, file, /Image archives are tar files|Save or copy the image again|docker save/);
    });
  }
  test('cut short inside of its compression', async () => {
    for (const size of [12, 60, 600]) {
      const packed = put(`cut at ${size}.tar.gz`, gzipSync(whole).subarray(0, size));
      refused(await scan(packed), 4, packed, /Image archives|again|docker save/);
    }
  });

  test('cut short in the last layer, manifest first: the layer below is reported', async () => {
    const pieces = dockerPieces(shop);
    const turned = tarBytes([...pieces.slice(-1), ...pieces.slice(0, -1)]);
    const file = put('turned.tar', turned.subarray(0, turned.indexOf('"name": "sail-loft"')));
    const told = incomplete(await scan(file));
    assert.deepEqual(componentsOf(told), [...baseComponents, 'pkg:npm/rope-walk@1.2.0']);
    assert.ok(told.problems.some(({ where }) => where.startsWith(`layer ${diffIdOf(layer(app))}`)));
    assert.ok(told.findings.some(({ id }) => id === 'CVE-2026-90001'));
  });

  for (const [kind, pack] of [
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ] as const) {
    const packed = Buffer.from(pack(app));
    const damaged = Buffer.from(packed).fill(0xff, packed.length >> 1, (packed.length >> 1) + 20);
    for (const [what, stored] of [
      ['cut short', packed.subarray(0, packed.length >> 1)],
      ['damaged', damaged],
    ] as const) {
      test(`a ${kind} layer that is ${what}`, async () => {
        const bad = { tar: app, stored };
        const told = incomplete(await scan(put(`${kind} ${what}.tar`, dockerArchive([layer(base), bad]))));
        assert.deepEqual(componentsOf(told).slice(0, 3), baseComponents);
        assert.ok(problemsOf(told).some(([, where]) => where === `layer ${diffIdOf(bad)}`));
      });
    }
    test(`a ${kind} layer bomb`, async () => {
      const header = tarBytes([{ path: 'zeros', spoil: (h) => h.write('77777777777', 124) }], false).subarray(0, 512);
      const stored = Buffer.concat([pack(header), ...Array<Buffer>(64).fill(pack(Buffer.alloc(16 * 1024 * 1024)))]);
      const bad = { tar: Buffer.alloc(0), stored, diffId: `sha256:${'b'.repeat(64)}` };
      const ended = await scan(put(`${kind} bomb.tar`, dockerArchive([...shop, bad])));
      const told = incomplete(ended);
      assert.deepEqual(problemsOf(told), [['limit-exceeded', `layer ${bad.diffId}`]]);
      assert.deepEqual(componentsOf(told), allComponents);
      assert.ok(ended.peakBytes > 0 && ended.peakBytes < 400e6, `${ended.peakBytes}`);
    });
  }

  test('an archive bomb', async () => {
    const header = tarBytes([{ path: 'x', spoil: (h) => h.write('77777777777', 124) }], false).subarray(0, 512);
    const zeros = gzipSync(Buffer.alloc(16 * 1024 * 1024));
    const file = put('bomb.tar.gz', Buffer.concat([gzipSync(header), ...Array<Buffer>(64).fill(zeros)]));
    const ended = await scan(file);
    refused(ended, 4, file);
    assert.ok(ended.peakBytes > 0 && ended.peakBytes < 400e6, `${ended.peakBytes}`);
  });

  test('a flipped bit in a layer', async () => {
    const flipped = Buffer.from(whole);
    const at = flipped.indexOf('command line tools');
    flipped[at] = (flipped[at] ?? 0) ^ 1;
    const told = incomplete(await scan(put('flipped.tar', flipped)));
    assert.deepEqual(problemsOf(told), [['digest-mismatch', `layer ${diffIdOf(layer(base))}`]]);
    assert.deepEqual(componentsOf(told), allComponents);
  });

  test('wrong digests in a layout', async () => {
    const layout = folder('digests');
    const { manifest, fileOf } = ociLayout(layout, shop);
    const document = JSON.parse(textOf(fileOf(manifest)));
    const config: string = document.config.digest;
    writeFileSync(fileOf(config), '{"rootfs":{"diff_ids":[]}}');
    refused(await scan(layout), 4, layout);
    writeFileSync(fileOf(manifest), `${JSON.stringify(document)} `);
    refused(await scan(layout), 4, layout);
    rmSync(fileOf(manifest));
    refused(await scan(layout), 4, layout);
  });

  test('a layer that is not there', async () => {
    const layout = folder('missing');
    const { fileOf } = ociLayout(layout, shop);
    rmSync(fileOf(diffIdOf(layer(base))));
    const told = incomplete(await scan(layout));
    assert.deepEqual(problemsOf(told), [['unreadable', `layer ${diffIdOf(layer(base))}`]]);
    assert.deepEqual(componentsOf(told), appComponents);
  });

  test('a path that leaves the root, and an absolute one', async () => {
    const bad = layer(
      tarBytes([
        { path: '../../../etc/evil', content: 'x' },
        { path: 'a/../../b/node_modules/c/package.json', content: '{"name":"c","version":"1.0.0"}' },
        { path: '/srv/x/node_modules/d/package.json', content: '{"name":"d","version":"1.0.0"}' },
      ]),
    );
    const told = incomplete(await scan(put('paths.tar', dockerArchive([...shop, bad]))));
    assert.deepEqual(problemsOf(told), [
      ['unsafe-path', `layer ${diffIdOf(bad)}: ../../../etc/evil`],
      ['unsafe-path', `layer ${diffIdOf(bad)}: a/../../b/node_modules/c/package.json`],
    ]);
    assert.deepEqual(componentsOf(told), [...baseComponents, 'pkg:npm/d@1.0.0', ...appComponents]);
  });

  test('impossible headers: the layers around it are still reported', async () => {
    const spoils: [string, Uint8Array][] = [
      ['size', tarBytes([{ path: 'a', spoil: (h) => h.fill(0xff, 124, 136) }])],
      ['size of pax', tarBytes([{ path: 'p', type: 'x', content: paxBytes({ size: '9'.repeat(30) }) }, { path: 'a' }])],
      ['length of pax', tarBytes([{ path: 'p', type: 'x', content: '99999999999 path=a\n' }, { path: 'a' }])],
      ['checksum', tarBytes([{ path: 'a', break: (h) => h.fill(0x41, 0, 10) }])],
      ['larger than the archive', tarBytes([{ path: 'a', spoil: (h) => h.write('77777777777', 124) }])],
      [
        'name',
        tarBytes([
          { path: 'L', type: 'L', content: Buffer.alloc(2_000_000, 'a') },
          { path: 'a', content: 'x' },
        ]),
      ],
    ];
    for (const [name, tar] of spoils) {
      const told = incomplete(await scan(put(`${name}.tar`, dockerArchive([layer(base), layer(tar), layer(app)]))));
      assert.deepEqual(componentsOf(told), allComponents, name);
      assert.equal(told.problems.length, 1, name);
      assert.ok(told.problems[0]?.where.startsWith(`layer ${diffIdOf(layer(tar))}`), name);
    }
  });

  test('300 thousand files', async () => {
    const header = tarBytes([{ path: 'srv/x/node_modules/aaaaaaaa/x.js' }], false);
    const many = Buffer.alloc(300_000 * 512 + 1024);
    for (let n = 0; n < 300_000; n++) {
      header.write(String(n).padStart(8, '0'), 19);
      header.fill(0x20, 148, 156);
      let sum = 0;
      for (const byte of header) sum += byte;
      header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
      header.copy(many, n * 512);
    }
    const ended = await scan(put('many.tar', dockerArchive([...shop, { tar: many, stored: zstdCompressSync(many) }])));
    orderly(ended, 0);
    assert.deepEqual(componentsOf(JSON.parse(ended.stdout)), allComponents);
    assert.ok(ended.peakBytes > 0 && ended.peakBytes < 400e6, `${ended.peakBytes}`);
  });

  test('files that are no image', async () => {
    const files: [string, string | Uint8Array][] = [
      ['empty.tar', ''],
      ['app.zip', Buffer.from('504b0304140000000800000021000000000000000000000000000400', 'hex')],
      ['page.html', '<!doctype html><title>Not found</title>'],
      ['app.tar.xz', Buffer.from('fd377a585a0000', 'hex')],
      ['zeros.tar', Buffer.alloc(10_240)],
      ['photo.png', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
    ];
    for (const [name, content] of files) {
      const file = put(name, content);
      refused(await scan(file), 4, file);
    }
    refused(await scan(`docker-archive:${join(folder('x'), 'page.html')}`), 4, 'page.html');
    refused(await scan(join(folder('x'), 'nothing.tar')), 4, 'nothing.tar');
    refused(await scan(`docker-archive:${folder('x')}`), 4, folder('x'));
  });
});
