// Command lines, policies, outputs and advisory stores that are wrong, and runs that are ended.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, cpSync, existsSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ZipWriter } from '../../src/advisories/testing/zip-writer.ts';
import { kvitto, root } from '../real/parts.ts';
import { allComponents } from './images.ts';
import { componentsOf, demoDay, incomplete, listing, orderly, problemsOf, refused, run, textOf } from './runs.ts';
import { stage, storeFiles } from './stage.ts';

const here = stage('commands');
const { put, folder, scan, home } = here;
const shop = join(root, 'demo/shop.tar');
const feeds = join(root, 'demo/feeds');

describe('command lines', { concurrency: 2 }, () => {
  const usages: [string, string[], RegExp][] = [
    ['an unknown option', ['scan', shop, '--colour'], /unknown option '--colour'/],
    ['an unknown command', ['scna', shop], /unknown command 'scna'/],
    ['an unknown format', ['scan', shop, '-f', 'html'], /unknown format: html/],
    ['two targets', ['scan', shop, '--input', 'b.tar'], /two targets/],
    ['two arguments', ['scan', shop, 'b.tar'], /too many arguments/],
    ['no target', ['gate'], /no target/],
    ['a severity that is none', ['scan', shop, '--severity', 'hgih'], /hgih/],
    ['a time limit that is none', ['scan', shop, '--timeout', 'soon'], /--timeout/],
    ['an exit code that is none', ['scan', shop, '--exit-code', '-1'], /--exit-code/],
    ['a policy that is not there', ['gate', shop, '--policy', 'gone.yaml'], /gone\.yaml/],
    ['a list of ids that is not there', ['gate', shop, '--ignorefile', 'gone'], /gone/],
    ['a mirror that is none', ['scan', 'registry:a', '--mirror', 'x'], /--mirror x/],
    ['a platform that is none', ['scan', shop, '--platform', '\u001b[2J'], /--platform|platform/],
  ];
  for (const [what, args, told] of usages) {
    test(what, async () => refused(await here.run([...args, '--offline']), 2, told, null));
  }

  const policies: [string, string | Buffer, RegExp][] = [
    ['not YAML', 'version: 1\nrules: [', /:2: .*not YAML/],
    ['another key', 'version: 1\nruels: []', /:2: unknown key "ruels"; did you mean "rules"/],
    ['a list', '- 1\n', /:1: /],
    ['nothing', '', /not a mapping/],
    ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), /policy\.yaml/],
    [
      'aliases',
      `a: &a [x]\n${Array.from({ length: 30 }, (_, n) => `b${n}: &b${n} [*${n === 0 ? 'a' : `b${n - 1}`}, *${n === 0 ? 'a' : `b${n - 1}`}]`).join('\n')}`,
      /aliases/,
    ],
    ['deep nesting', `version: 1\nrules: ${'['.repeat(50_000)}`, /policy\.yaml/],
    ['a prototype', 'version: 1\n__proto__: {allowIncomplete: true}', /__proto__/],
    ['6 MB', `# ${'x'.repeat(6e6)}`, /larger/],
    ['a day that is none', 'version: 1\nexceptions: [{id: CVE-1, owner: a, reason: b, until: 2026-02-30}]', /until/],
    ['an exception for everything', 'version: 1\nexceptions: [{id: "*", owner: a, reason: b}]', /until/],
  ];
  for (const [what, content, told] of policies) {
    test(`a policy that is ${what}`, async () => {
      const file = put(`${what}/policy.yaml`, content);
      refused(await here.run(['gate', shop, '--offline', '--policy', file]), 2, told);
    });
  }

  test('ids with a wildcard take nothing out', async () => {
    const file = put('ignore', '*\nCVE-*\nCVE-2026-9000\n.*\nCVE-2026-90001x\n  \n');
    const ended = await here.run(['gate', shop, '--offline', '-f', 'json', '--ignorefile', file]);
    orderly(ended, 1);
    assert.equal(JSON.parse(ended.stdout).findings.filter((f: { excepted: unknown }) => f.excepted !== null).length, 0);
  });

  const baselines: [string, string][] = [
    ['html', '<html>'],
    ['another', '{"SchemaVersion":2,"Results":[]}'],
    ['string', '"x"'],
    ['numbers', '{"tool":{"name":"kvitto"},"complete":1,"findings":[1]}'],
    ['deep', '['.repeat(200_000)],
  ];
  test('a baseline that is something else, and one that is not there', async () => {
    for (const [name, content] of baselines) {
      const file = put(`${name}.json`, content);
      refused(await here.run(['gate', shop, '--offline', '--baseline', file]), 4, file, /kvitto scan/);
    }
    refused(await here.run(['gate', shop, '--offline', '--baseline', 'gone.json']), 4, 'gone.json');
  });

  test('an SBOM that is something else', async () => {
    const files: [string, string | Buffer][] = [
      ['text.json', '"an SBOM"'],
      ['list.json', '[1,2,3]'],
      ['deep.json', `{"bomFormat":"CycloneDX","components":${'[{"components":'.repeat(50_000)}`],
      ['page.json', '<html>'],
      ['bytes.json', Buffer.from([0xff, 0x00, 0x80])],
    ];
    for (const [name, content] of files) refused(await scan(put(name, content)), 4, name);
    refused(await scan('-', [], { input: 'no json' }), 4, '-');
    refused(await scan('sbom:gone.json'), 4, 'gone.json');
    refused(await scan(`sbom:${folder('sbom-folder')}`), 4, 'sbom-folder');
    const nested = `{"bomFormat":"CycloneDX","specVersion":"1.6","components":${'[{"type":"library","name":"a","components":'.repeat(5000)}[]${'}]'.repeat(5000)}}`;
    incomplete(await scan(put('nested.json', nested)));
    const odd = {
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      components: [
        1,
        null,
        { name: '\u001b[2J', purl: 'pkg:npm/%1b@1', version: 5 },
        { name: 'a', version: '1', purl: 'pkg:npm/a@1' },
      ],
    };
    assert.ok(componentsOf(incomplete(await scan(put('odd.json', JSON.stringify(odd))))).includes('pkg:npm/a@1'));
  });
});

describe('outputs', { concurrency: 2 }, () => {
  test('a full disk', async () => {
    const full = join(folder('devices'), 'full');
    symlinkSync('/dev/full', full);
    refused(await here.run(['gate', shop, '--offline', '-o', full]), 4, full);
    refused(await scan(shop, [], { stdout: '/dev/full' }), 4, 'standard output');
    refused(await here.run(['--help'], { stdout: '/dev/full' }), 4, 'standard output');
  });

  test('a folder that is missing, and a folder in place of a file', async () => {
    const at = folder('out');
    refused(await here.run(['scan', shop, '--offline', '-o', join(at, 'none/a.json')]), 4, 'none/a.json');
    refused(await here.run(['scan', shop, '--offline', '-o', at]), 4, at);
    assert.deepEqual(listing(at), []);
  });

  test('a folder that may not be written to', {
    skip: process.getuid?.() !== 0 && 'LEFT OUT: needs root',
  }, async () => {
    const at = folder('locked');
    put('locked/old.json', 'old');
    chmodSync(join(at, '../..'), 0o755);
    for (const each of ['old.json', 'new.json']) {
      refused(
        await here.run(['scan', shop, '--offline', '-o', `json=${join(at, each)}`, '-o', join(at, 'x')], {
          user: 65534,
        }),
        4,
        at,
      );
    }
    assert.deepEqual(listing(at), ['old.json']);
    assert.equal(textOf(join(at, 'old.json')), 'old');
  });

  test('a reader that stops early changes nothing about the exit code', async () => {
    for (const [command, code] of [
      ['gate', 1],
      ['scan', 0],
    ] as const) {
      const child = spawn(process.execPath, [join(root, 'bin/kvitto.js'), command, shop, '--offline', '-f', 'json'], {
        env: { ...process.env, KVITTO_HOME: home, SOURCE_DATE_EPOCH: demoDay },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 60_000,
      });
      child.stdout.destroy();
      let told = '';
      child.stderr.setEncoding('utf8').on('data', (text) => {
        told += text;
      });
      const status = await new Promise((resolve) => child.on('close', resolve));
      assert.deepEqual([status, told], [code, '']);
    }
  });
});

describe('advisory stores', { concurrency: 2 }, () => {
  /** A store of a test's own, below a folder: tests run beside each other, and a store that is changed has a lock in it. */
  const homeIn = (at: string): string => {
    const own = join(at, 'home');
    cpSync(home, own, { recursive: true });
    return own;
  };
  const broken: [string, (file: string) => void][] = [
    ['cut short', (file) => truncateSync(file, 9000)],
    ['empty', (file) => truncateSync(file, 0)],
    ['garbage', (file) => writeFileSync(file, 'x'.repeat(50_000))],
  ];
  for (const [what, spoil] of broken) {
    test(`a store that is ${what}`, async () => {
      const own = homeIn(folder(`store ${what}`));
      spoil(join(own, 'advisories/store.db'));
      refused(await scan(shop, [], { home: own }), 3, 'store.db');
      const status = await here.run(['db', 'status'], { home: own });
      orderly(status, 3);
      assert.match(status.stdout, /store\.db[\s\S]*→ /);
      const again = kvitto(['db', 'update', '--feeds', feeds], { home: own, env: { SOURCE_DATE_EPOCH: demoDay } });
      assert.equal(again.status, 0, again.stderr);
      assert.deepEqual(listing(own), storeFiles);
    });
  }

  test('no store', async () => {
    const told = incomplete(await scan(shop, [], { home: folder('no home') }));
    assert.deepEqual(componentsOf(told), allComponents);
    assert.deepEqual(problemsOf(told), [['store-missing', 'advisory store']]);
  });

  /** A feeds folder whose npm feed is something else; what is told of it, and the store afterwards. */
  const wrongFeeds: [string, (file: string) => void][] = [
    ['cut short', (file) => truncateSync(file, 500)],
    ['a page', (file) => writeFileSync(file, '<html>Sign in</html>')],
    ['nothing', (file) => truncateSync(file, 0)],
    ['a zip without records', (file) => new ZipWriter(file).close()],
    ['another ecosystem', (file) => cpSync(join(feeds, 'osv/Debian/all.zip'), file)],
    [
      'a bomb',
      (file) => {
        const zip = new ZipWriter(file);
        zip.add('GHSA-a.json', Buffer.alloc(64 * 1024 * 1024, ' '));
        zip.add('../../evil.json', '{"id":"GHSA-b","modified":"2026-01-01T00:00:00Z"}');
        zip.add('deep.json', '['.repeat(300_000));
        zip.close();
      },
    ],
  ];
  for (const [what, spoil] of wrongFeeds) {
    test(`a feed that is ${what}`, async () => {
      const at = folder(`feed ${what}`);
      const own = homeIn(at);
      cpSync(feeds, join(at, 'feeds'), { recursive: true });
      spoil(join(at, 'feeds/osv/npm/all.zip'));
      const before = kvitto(['db', 'status', '-f', 'json'], { home: own }).stdout;
      const ended = await run(['db', 'update', '--feeds', join(at, 'feeds')], {
        home: own,
      });
      orderly(ended, 4);
      assert.match(ended.stdout, /osv\/npm +(failed|kept) /, ended.stdout);
      assert.deepEqual(listing(own), storeFiles);
      assert.ok(!existsSync(join(at, 'evil.json')) && !existsSync(join(own, '../evil.json')));
      const after = JSON.parse(kvitto(['db', 'status', '-f', 'json', '--verify'], { home: own }).stdout);
      const npm = (text: { snapshot: { feeds: { id: string }[] } }) =>
        text.snapshot.feeds.find(({ id }) => id === 'osv/npm');
      assert.deepEqual(npm(after), npm(JSON.parse(before)));
      orderly(await scan(shop, [], { home: own }), 0);
    });
  }

  test('a folder of feeds that is not there, or empty', async () => {
    const own = homeIn(folder('no feeds, store'));
    for (const at of [folder('no feeds'), '/nowhere/feeds']) {
      const ended = await here.run(['db', 'update', '--feeds', at], { home: own });
      orderly(ended, 4);
      assert.match(`${ended.stderr}${ended.stdout}`, /feeds/);
    }
  });

  test('an export that is damaged is not taken over', async () => {
    const own = homeIn(folder('damaged export'));
    for (const [name, content] of [
      ['page', '<html>'],
      ['zip', gzipSync('x')],
      ['nothing', ''],
    ] as const) {
      const file = put(`export-${name}`, content);
      refused(await here.run(['db', 'import', file], { home: own }), 4, file);
    }
    refused(await here.run(['db', 'import', 'gone'], { home: own }), 4, 'gone');
    refused(await here.run(['db', 'export', '/nowhere/x'], { home: own }), 4, '/nowhere/x');
  });

  test('a home that may not be written to', { skip: process.getuid?.() !== 0 && 'LEFT OUT: needs root' }, async () => {
    const own = homeIn(folder('read only'));
    for (let at = own; at.includes('kvitto-'); at = join(at, '..')) chmodSync(at, 0o755);
    orderly(await scan(shop, [], { home: own, user: 65534 }), 0);
    refused(await here.run(['db', 'update', '--feeds', feeds], { home: own, user: 65534 }), 4, own);
    const none = folder('read only, empty');
    refused(await here.run(['db', 'update', '--feeds', feeds], { home: none, user: 65534 }), 4, none);
    incomplete(await scan(shop, [], { home: none, user: 65534 }));
    const ended = await run(['db', 'update', '--feeds', feeds], { home: put('file/home', ''), cwd: folder('file') });
    refused(ended, 4, 'file/home');
  });
});
