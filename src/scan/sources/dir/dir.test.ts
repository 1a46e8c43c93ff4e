import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { SourceOptions } from '../../source.ts';
import { found, sampleScan } from '../../testing/sample-cataloger.ts';
import { dir } from './index.ts';

const scratch = mkdtempSync(join(tmpdir(), 'kvitto-dir-'));
after(() => rmSync(scratch, { recursive: true }));
const options = { signal: new AbortController().signal, platform: null } as SourceOptions;

function tree(name: string, files: Record<string, string>): string {
  const root = join(scratch, name);
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, path, '..'), { recursive: true });
    if (content.startsWith('-> ')) symlinkSync(content.slice(3), join(root, path));
    else writeFileSync(join(root, path), content);
  }
  return root;
}

async function scanned(root: string, more: object = {}) {
  return sampleScan(await dir.open(root, options), more);
}

describe('a folder', () => {
  it('is read without following links out of it, without .git, pipes and kernel folders', async () => {
    writeFileSync(join(scratch, 'outside.json'), 'outside');
    const root = tree('root', {
      'app/package.json': 'app',
      'app/.git/package.json': 'git',
      'data.txt': 'data',
      'linked/package.json': '-> ../data.txt',
      'again/package.json': '-> ../app/package.json',
      'out/package.json': '-> ../../outside.json',
      'absolute/package.json': `-> ${join(scratch, 'outside.json')}`,
      'rooted/package.json': '-> /data.txt',
      loop: '-> loop',
      'etc/x': '',
      'usr/lib/os-release': 'ID=x\nPRETTY_NAME=x',
      'etc/os-release': '-> ../usr/lib/os-release',
      'proc/1/package.json': 'kernel',
      'sys/package.json': 'kernel',
      'sub/dev/package.json': 'sub',
    });
    execFileSync('mkfifo', [join(root, 'pipe'), join(root, 'app', 'fifo')]);
    const inventory = await scanned(root);
    assert.deepEqual(found(inventory), [
      ['app/package.json', 'app', -1],
      ['linked/package.json', 'data', -1],
      ['rooted/package.json', 'data', -1],
      ['sub/dev/package.json', 'sub', -1],
    ]);
    assert.deepEqual(inventory.problems, []);
    assert.equal(inventory.os?.name, 'x');
    assert.equal(inventory.config, null);
  });
  it('has the digest of what is found in it, wherever it lies', async () => {
    const one = await scanned(tree('one', { 'package.json': 'a', 'b/package.json': 'b', other: '1' }));
    const two = await scanned(tree('two', { 'b/package.json': 'b', 'package.json': 'a', other: '22' }));
    const three = await scanned(tree('three', { 'b/package.json': 'c', 'package.json': 'a' }));
    assert.match(one.artifact.digest, /^sha256:[0-9a-f]{64}$/);
    assert.equal(one.artifact.digestOf, 'inventory');
    assert.deepEqual(two, { ...one, artifact: { ...one.artifact, name: join(scratch, 'two') } });
    assert.notEqual(three.artifact.digest, one.artifact.digest);
  });
  it('leaves out what is to be skipped', async () => {
    const root = tree('skip', {
      'a/package.json': '1',
      'a/b/package.json': '2',
      'c/package.json': '3',
      'd/e/f/package.json': '4',
    });
    const kept = async (more: object): Promise<string> => {
      const contents = found(await scanned(root, more)).map(([, text]) => text);
      return contents.sort().join('');
    };
    assert.equal(await kept({ skipDirs: ['a'] }), '34');
    assert.equal(await kept({ skipDirs: ['**/b', './d/*'] }), '13');
    assert.equal(await kept({ skipFiles: ['*/package.json'] }), '24');
    assert.equal(await kept({ skipFiles: ['**/package.json'] }), '');
    assert.equal(await kept({ skipDirs: ['x'] }), '1234');
  });
  it('that is empty or holds nothing known says so', async () => {
    const { problems } = await scanned(tree('empty', { readme: '' }));
    assert.deepEqual(
      problems.map(({ code }) => code),
      ['nothing-recognised'],
    );
  });
  it('that is not there, or is a file, is a failure', async () => {
    await assert.rejects(dir.open(join(scratch, 'none'), options), { code: 'source-not-found' });
    await assert.rejects(dir.open(join(scratch, 'outside.json'), options), { code: 'source-unsupported' });
    await assert.rejects(dir.open('/dev/null', options), { code: 'source-unsupported' });
  });
});
